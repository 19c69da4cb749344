#include "cli/background.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "base/signals.hpp"

namespace docteur::cli {
namespace {

[[noreturn]] void wait_for(pid_t child, int pipe) noexcept {
  char ready = 0;
  ssize_t n = 0;
  do n = ::read(pipe, &ready, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1) ::_exit(0);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) raise_default(WTERMSIG(status));
  // A child that ends well without being ready was told to end.
  const int ended = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  ::_exit(ended != 0 ? ended : static_cast<int>(blame::environment));
}

}  // namespace

outcome<background> background::start() {
  const auto failed = [](const char* what) {
    return give_up(blame::environment, std::string(what) + ": " + std::strerror(errno));
  };
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe");
  unique_fd from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failed("fork");
  if (child > 0) {
    ::close(to.release());
    wait_for(child, from.get());
  }
  background b;
  b.waiting_ = std::move(to);
  return b;
}

void background::ready() noexcept {
  if (!waiting_) return;
  ::setsid();
  (void)!::chdir("/");
  const unique_fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = STDIN_FILENO; null && fd <= STDERR_FILENO; ++fd) ::dup2(null.get(), fd);
  const char byte = 0;
  if (::write(waiting_.get(), &byte, 1) < 0) ::kill(::getpid(), SIGTERM);  // nobody waits any more
  ::close(waiting_.release());
}

}  // namespace docteur::cli
