#include "base/child_guard.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <utility>

#include "base/spawn.hpp"

namespace docteur {
namespace {

constexpr timespec kGrace{1, 500'000'000};  // from SIGTERM to SIGKILL

// The messages on the line: the child enters, then the parent releases it.
enum class word { enter_alone, enter_group, release };
struct message {
  word what;
  pid_t pid;
};

void send(int line, message m) noexcept {
  while (::send(line, &m, sizeof m, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

void kill_child(const message& child) {
  if (child.what == word::enter_alone) {
    ::kill(child.pid, SIGTERM);
    ::nanosleep(&kGrace, nullptr);
  } else {
    ::kill(-child.pid, SIGKILL);
  }
  ::kill(child.pid, SIGKILL);
}

// Waits until all processes that hold the other end have closed it, by exec or by ending.
void watch(int line) {
  message child{word::release, 0};
  for (message m{};;) {
    const ssize_t n = ::recv(line, &m, sizeof m, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n != static_cast<ssize_t>(sizeof m)) break;
    child = m;
  }
  if (child.what != word::release) kill_child(child);
}

// The guard is forked from a process that may have threads, so it only makes system calls. Every signal is blocked in
// it.
[[noreturn]] void become_guard(int line) {
  constexpr int kLine = STDERR_FILENO + 1;
  ::setsid();  // Ctrl-C must not reach it
  (void)!::chdir("/");
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int null = ::open("/dev/null", O_RDWR);
    if (null != standard) ::dup2(null, standard);
  }
  if (line != kLine) ::dup2(line, kLine);
  close_above(kLine);
  watch(kLine);
  ::_exit(0);
}

void end_guard(int line, pid_t pid) {
  send(line, {word::release, 0});
  ::shutdown(line, SHUT_RDWR);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

child_guard::child_guard() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
  unique_fd ours = above_standard(unique_fd(ends[0])), its = above_standard(unique_fd(ends[1]));
  if (!ours || !its) return;
  process_ = leftover([&]() -> std::function<void()> {
    const pid_t pid = fork_quietly();
    if (pid == 0) become_guard(its.get());
    if (pid < 0) return {};
    pid_ = pid;
    return [pid, line = ours.get()] { end_guard(line, pid); };
  });
  if (pid_ != 0) line_ = std::move(ours);
}

child_guard::child_guard(child_guard&& other) noexcept
    : line_(std::move(other.line_)), pid_(std::exchange(other.pid_, 0)), process_(std::move(other.process_)) {}

child_guard::~child_guard() { release(); }

void child_guard::enter(guarded what) const noexcept {
  if (pid_ != 0) send(line_.get(), {what == guarded::group ? word::enter_group : word::enter_alone, ::getpid()});
}

void child_guard::release() noexcept {
  if (std::exchange(pid_, 0) == 0) return;
  process_ = leftover();
  line_ = unique_fd();
}

}  // namespace docteur
