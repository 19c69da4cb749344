#include "base/child_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/spawn.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr auto kGrace = std::chrono::milliseconds(1500);  // from SIGTERM to SIGKILL: git removes its temporary files
constexpr auto kRest = std::chrono::seconds(3);           // for a program's children after its own end
constexpr auto kTick = std::chrono::milliseconds(20);
constexpr auto kMoment = std::chrono::milliseconds(300);  // for a killed group to be gone

// Ends a group when a signal ends this process. Its output is not read any more.
std::function<void()> end_of_group(pid_t pid, bool terminal) {
  return [pid, terminal] {
    ::kill(pid, SIGKILL);  // it may not have its group yet
    ::kill(-pid, SIGKILL);
    if (terminal) {
      const no_background_stops guard;
      ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
    }
    for (const auto end = std::chrono::steady_clock::now() + kMoment; std::chrono::steady_clock::now() < end;) {
      ::waitpid(pid, nullptr, WNOHANG);
      if (::kill(-pid, 0) != 0) return;
      ::poll(nullptr, 0, 5);
    }
  };
}

}  // namespace

no_background_stops::no_background_stops() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

no_background_stops::~no_background_stops() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool child_process::has_terminal() noexcept {
  return ::isatty(STDIN_FILENO) != 0 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

outcome<child_process> child_process::start(const child_command& command) {
  DOCTEUR_TRY(ends, make_pipe());
  const bool terminal = has_terminal();
  spawn_order order;
  order.arguments = command.arguments;
  order.environment = command.environment;
  order.errors = ends.write.get();
  order.group = terminal ? membership::own_group : membership::own_session;
  pid_t pid = 0;
  int error = 0;
  child_guard guard;
  leftover started([&]() -> std::function<void()> {
    error = spawn(order, guard, pid);
    return error == 0 ? end_of_group(pid, terminal) : nullptr;
  });
  if (error == ENOENT) return give_up(blame::environment, "");
  if (error != 0) return give_up(blame::environment, command.arguments.front() + ": " + std::strerror(error));
  return child_process(pid, std::move(guard), std::move(started), std::move(ends.read), terminal);
}

child_process::child_process(pid_t pid, child_guard guard, leftover group, unique_fd output, bool terminal)
    : pid_(pid),
      output_(std::move(output)),
      end_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
      terminal_(terminal),
      guard_(std::move(guard)),
      group_(std::move(group)) {
  if (terminal_) give_terminal(pid_);
}

child_process::child_process(pid_t pid, unique_fd output, unique_fd line)
    : pid_(pid), output_(std::move(output)), end_(std::move(line)), by_line_(true), terminal_(false) {}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      output_(std::move(other.output_)),
      end_(std::move(other.end_)),
      by_line_(other.by_line_),
      terminal_(std::exchange(other.terminal_, false)),
      ended_(other.ended_),
      status_(other.status_),
      guard_(std::move(other.guard_)),
      group_(std::move(other.group_)) {}

child_process::~child_process() {
  if (pid_ > 0 && !ended_) kill();
}

bool child_process::wait(std::chrono::milliseconds most, std::string& output) {
  if (ended_) return true;
  // Without a pidfd, the end of a program whose children keep stderr open is found by polling.
  const auto longest = end_ && !terminal_ ? most : std::min(most, kTick);
  std::array<pollfd, 2> fds{{{output_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
  ::poll(fds.data(), fds.size(), static_cast<int>(longest.count()));
  drain(output);
  if (!reap(WNOHANG | (terminal_ ? WUNTRACED : 0))) return false;
  wait_for_the_rest(output);
  let_go();
  return true;
}

// git's remote helpers may end a moment later than git.
void child_process::wait_for_the_rest(std::string& output) {
  for (const auto end = std::chrono::steady_clock::now() + kRest;;) {
    drain(output);
    if (!output_) return;
    if (look_at_group().living == 0) return drain(output);
    if (std::chrono::steady_clock::now() >= end) break;
    pollfd fd{output_.get(), POLLIN, 0};
    ::poll(&fd, 1, static_cast<int>(kTick.count()));
  }
  kill();
}

// Reads a bounded amount, so that a program that writes without end does not hold this one up.
void child_process::drain(std::string& output) {
  std::array<char, 65536> buffer;
  for (std::size_t i = 0; output_ && i < kMostAtOnce / buffer.size(); ++i) {
    const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
    if (n > 0) {
      const std::size_t room = kMostAtOnce - std::min(kMostAtOnce, output.size());
      output.append(buffer.data(), std::min(static_cast<std::size_t>(n), room));
    } else if (n == 0) {
      output_ = {};
    } else if (errno != EINTR) {
      return;
    }
  }
}

// True when it ended.
bool child_process::reap(int options) noexcept {
  if (by_line_) return reap_by_line(options);
  int status = 0;
  const pid_t got = ::waitpid(pid_, &status, options);
  if (got == 0 || (got < 0 && errno == EINTR)) return false;
  if (got > 0 && WIFSTOPPED(status)) {
    follow_stop(WSTOPSIG(status));
    return false;
  }
  ended_ = true;
  status_ = got > 0 ? status : 0;
  if (terminal_) give_terminal(::getpgrp());
  return true;
}

bool child_process::reap_by_line(int options) noexcept {
  int status = 0;
  const int flags = (options & WNOHANG) != 0 ? MSG_DONTWAIT : 0;
  const ssize_t n = ::recv(end_.get(), &status, sizeof status, flags);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n != static_cast<ssize_t>(sizeof status)) {
    // The fork server was killed.
    ::kill(-pid_, SIGKILL);
    status = SIGKILL;
  }
  ended_ = true;
  status_ = status;
  return true;
}

// Ctrl-Z stops this process, too, and so does a stop because a shell owns the terminal.
void child_process::follow_stop(int signal) const noexcept {
  const pid_t owner = ::tcgetpgrp(STDIN_FILENO);
  const bool for_want = signal == SIGTTIN || signal == SIGTTOU;
  if (!for_want || (owner != pid_ && owner != ::getpgrp())) {
    if (owner == pid_) give_terminal(::getpgrp());
    ::kill(0, for_want ? SIGTTIN : SIGTSTP);
  }
  if (::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) give_terminal(pid_);
  ::kill(-pid_, SIGCONT);
}

void child_process::give_terminal(pid_t group) const noexcept {
  const no_background_stops guard;
  ::tcsetpgrp(STDIN_FILENO, group);
}

void child_process::kill() noexcept {
  const auto send = [&](int signal) {
    if (!ended_) ::kill(pid_, signal);  // it may not have its group yet
    ::kill(-pid_, signal);
  };
  const auto gone_within = [&](std::chrono::milliseconds most) {
    for (const auto end = std::chrono::steady_clock::now() + most;;) {
      if (!ended_) reap(WNOHANG);
      if (ended_ && (::kill(-pid_, 0) != 0 || look_at_group().living == 0)) return true;
      if (std::chrono::steady_clock::now() >= end) return false;
      ::poll(nullptr, 0, static_cast<int>(kTick.count()));
    }
  };
  send(SIGTERM);
  send(SIGCONT);
  if (!gone_within(kGrace)) {
    send(SIGKILL);
    gone_within(kGrace);
    while (!ended_) reap(0);
  }
  let_go();
}

// What is left of the group may stay.
void child_process::let_go() noexcept {
  group_.keep();
  guard_.reset();
}

child_process::group_state child_process::look_at_group() const {
  namespace fs = std::filesystem;
  group_state all;
  std::error_code ignored;
  for (fs::directory_iterator it("/proc", ignored), end; !ignored && it != end; it.increment(ignored)) {
    const std::string name = it->path().filename().native();
    if (name.empty() || name.front() < '0' || name.front() > '9') continue;
    std::ifstream file(it->path() / "stat");
    std::string line;
    if (!std::getline(file, line)) continue;
    // proc(5): pid (comm) state ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime stime; comm
    // may contain anything but ends at the last ')'.
    const auto after = line.rfind(')');
    if (after == std::string::npos) continue;
    char state = 0;
    long ppid = 0;
    long group = 0;
    unsigned long user = 0;
    unsigned long system = 0;
    if (std::sscanf(line.c_str() + after + 1, " %c %ld %ld %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state, &ppid,
                    &group, &user, &system) != 5 ||
        group != pid_ || state == 'Z' || state == 'X')
      continue;
    ++all.living;
    all.ticks += user + system;
  }
  return all;
}

}  // namespace docteur
