#include "base/spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::array kOurs{SIGPIPE, SIGXFSZ, SIGCHLD};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// What the child does between fork(2) and exec: only system calls, as the parent may have threads.
class child {
 public:
  explicit child(const spawn_order& order)
      : order_(order), arguments_(pointers(order.arguments)), environment_(pointers(order.environment)) {}

  // Returns the errno value of the call that failed.
  [[nodiscard]] int run(const child_guard& guard) const {
    if (order_.group == membership::own_group) ::setpgid(0, 0);
    if (order_.group == membership::own_session) ::setsid();
    guard.enter(order_.group == membership::same_group ? guarded::alone : guarded::group);
    if (!standard(order_.input, STDIN_FILENO, O_RDONLY) || !standard(order_.output, STDOUT_FILENO, O_WRONLY) ||
        !standard(order_.errors, STDERR_FILENO, O_WRONLY))
      return errno;
    if (order_.closes_others) close_above(STDERR_FILENO, closing::by_exec);
    if (!order_.directory.empty() && ::chdir(order_.directory.c_str()) != 0) return errno;
    reset_signals();
    ::execvpe(arguments_.front(), arguments_.data(), environment_.data());
    return errno;
  }

 private:
  static bool standard(int from, int to, int flags) {
    if (from >= 0) return ::dup2(from, to) >= 0;
    const int null = ::open("/dev/null", flags | O_CLOEXEC);
    return null >= 0 && (null == to ? ::fcntl(to, F_SETFD, 0) == 0 : ::dup2(null, to) >= 0);
  }

  const spawn_order& order_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

}  // namespace

int spawn(const spawn_order& order, const child_guard& guard, pid_t& pid) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return errno;
  unique_fd read = above_standard(unique_fd(fds[0])), write = above_standard(unique_fd(fds[1]));
  if (!read || !write) return errno;
  const child prepared(order);
  pid = fork_quietly();
  if (pid < 0) return errno;
  if (pid == 0) {
    const int error = prepared.run(guard);
    (void)!::write(write.get(), &error, sizeof error);
    ::_exit(127);
  }
  write = unique_fd();
  int error = 0;
  ssize_t n = 0;
  do {
    n = ::read(read.get(), &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(sizeof error)) return 0;  // closed by exec: the program runs
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return error;
}

pid_t fork_quietly() noexcept {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int error = errno;
  if (pid != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void close_above(int last, closing when) noexcept {
  const unsigned flags = when == closing::by_exec ? CLOSE_RANGE_CLOEXEC : 0;
  if (::close_range(static_cast<unsigned>(last) + 1, ~0u, static_cast<int>(flags)) == 0) return;
  const long most = ::sysconf(_SC_OPEN_MAX);
  for (int fd = last + 1; fd < most; ++fd) {
    if (when == closing::by_exec) {
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    } else {
      ::close(fd);
    }
  }
}

void reset_signals() noexcept {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL)
      ::sigaction(signal, &standard, nullptr);
  }
  for (const int signal : kOurs) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool has_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/bin:/usr/bin";  // execvp(3)
  for (;;) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string folder(rest.substr(0, end));
    const std::string whole = folder.empty() ? name : folder + "/" + name;
    struct stat st {};
    if (::access(whole.c_str(), X_OK) == 0 && ::stat(whole.c_str(), &st) == 0 && S_ISREG(st.st_mode)) return true;
    if (end == rest.size()) return false;
    rest.remove_prefix(end + 1);
  }
}

unique_fd above_standard(unique_fd fd) {
  if (!fd || fd.get() > STDERR_FILENO) return fd;
  return unique_fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

outcome<pipe_ends> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return give_up(blame::environment, std::string("cannot make a pipe: ") + std::strerror(errno));
  unique_fd read(fds[0]), write(fds[1]);
  pipe_ends ends{above_standard(std::move(read)), above_standard(std::move(write))};
  if (!ends.read || !ends.write)
    return give_up(blame::environment, std::string("cannot make a pipe: ") + std::strerror(errno));
  ::fcntl(ends.read.get(), F_SETFL, O_NONBLOCK);
  return ends;
}

}  // namespace docteur
