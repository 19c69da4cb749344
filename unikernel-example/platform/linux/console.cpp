#include "unikernel-example/platform/linux/console.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace docteur::cache_vm::on_linux {
namespace {

// A terminal that is not our controlling terminal sends no SIGTTIN or SIGTTOU.
[[nodiscard]] bool is_in_foreground() {
  const pid_t foreground = tcgetpgrp(STDIN_FILENO);
  return foreground == getpgrp() || (foreground < 0 && errno == ENOTTY);
}

[[nodiscard]] short state_of(int fd, short events) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, 0) > 0 ? p.revents : short{0};
}

}  // namespace

console::console(bool is_wanted) : is_wanted_(is_wanted), is_terminal_(::isatty(STDIN_FILENO) != 0) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::isatty(fd) != 0) terminals_ |= 1u << fd;
}

bool console::look() {
  const bool was = is_there_;
  is_there_ = is_wanted_ && (!is_terminal_ || (is_in_foreground() && (state_of(STDIN_FILENO, 0) & POLLHUP) == 0));
  if (!is_terminal_ || is_there_ == was) return is_there_ != was;
  if (!is_there_) {
    settings_.keep();  // another process owns the terminal now
    return true;
  }
  termios now{};
  if (tcgetattr(STDIN_FILENO, &now) != 0) return true;
  settings_ = leftover([&now]() -> std::function<void()> {
    const termios before = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ^C still is a signal
    tcsetattr(STDIN_FILENO, TCSANOW, &now);
    return [before] {
      if (is_in_foreground()) tcsetattr(STDIN_FILENO, TCSANOW, &before);
    };
  });
  return true;
}

void console::leave() {
  settings_ = {};
  is_there_ = false;
}

std::size_t console::read(std::span<char> into) {
  if (!is_there_) return 0;
  if (is_terminal_ && !is_in_foreground()) {
    (void)look();
    return 0;
  }
  const ssize_t n = ::read(STDIN_FILENO, into.data(), into.size());
  if (n > 0) return static_cast<std::size_t>(n);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
  if (n == 0 || errno != EIO || hung_up()) is_wanted_ = false;  // its end
  (void)look();
  return 0;
}

bool console::hung_up() const {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if ((terminals_ & 1u << fd) != 0 && (state_of(fd, 0) & (POLLHUP | POLLERR)) != 0) return true;
  return false;
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

bool has_room(int fd) { return (state_of(fd, POLLOUT) & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0; }

}  // namespace docteur::cache_vm::on_linux
