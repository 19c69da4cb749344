#include "unikernel-example/platform/linux/log_target.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "unikernel-example/platform/linux/unix_address.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr int kPatience = 100;  // ms between two questions whether to wait on
// Facility local7, severity info, as nginx (RFC 3164, section 4.1.1).
constexpr std::string_view kPriority = "<190>";

[[nodiscard]] int open_file(const std::string& path) {
  // Without O_NONBLOCK a FIFO would wait for its reader here, and later.
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

// -1 with errno.
[[nodiscard]] int open_socket(const std::string& path) {
  const sockaddr_un to = unix_address(path);  // parse() has checked its size
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  const int why = errno;
  ::close(fd);
  errno = why;
  return -1;
}

[[nodiscard]] std::size_t count_lines(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

// "<190>Nov 28 22:08:56 docteur-cache: ", without a host name, as programs write to the socket of their own machine.
[[nodiscard]] std::string syslog_front() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  (void)localtime_r(&now, &local);
  std::array<char, 32> text;
  const std::size_t n = std::strftime(text.data(), text.size(), "%b %e %H:%M:%S", &local);
  return std::string(kPriority) + std::string(text.data(), n) + " docteur-cache: ";
}

void wait_for_room(int fd) {
  pollfd p{fd, POLLOUT, 0};
  (void)::poll(&p, 1, kPatience);
}

}  // namespace

outcome<log_place> log_place::parse(const std::string& text) {
  constexpr std::string_view socket = "syslog:";
  if (text.empty()) return log_place{};
  if (text == "-") return log_place{kind::standard_output, {}};
  if (text == "stderr") return log_place{kind::standard_error, {}};
  if (text != "syslog" && !text.starts_with(socket)) return log_place{kind::file, text};
  log_place place{kind::syslog, text == "syslog" ? "/dev/log" : text.substr(socket.size())};
  if (place.path.empty() || place.path.size() >= sizeof(sockaddr_un::sun_path))
    return give_up(blame::usage, text + ": the path of a socket has 1 to 107 bytes");
  return place;
}

int log_place::inherited() const noexcept {
  return what == kind::standard_output ? STDOUT_FILENO : what == kind::standard_error ? STDERR_FILENO : -1;
}

outcome<log_target> log_target::open(log_place place) {
  if (const int fd = place.inherited(); fd >= 0) return log_target(std::move(place), fd);
  if (place.what == log_place::kind::syslog) {
    const int fd = open_socket(place.path);
    return log_target(std::move(place), fd);
  }
  const int fd = open_file(place.path);
  if (fd < 0) return give_up(blame::environment, "access log " + place.path + ": " + std::strerror(errno));
  return log_target(std::move(place), fd);
}

log_target::log_target(log_target&& other) noexcept
    : place_(std::move(other.place_)), fd_(std::exchange(other.fd_, -1)), error_(other.error_), torn_(other.torn_) {}

log_target::~log_target() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
}

int log_target::take_error() noexcept { return std::exchange(error_, 0); }

outcome<void> log_target::reopen() {
  if (place_.inherited() >= 0) return {};
  const int fd = place_.what == log_place::kind::syslog ? open_socket(place_.path) : open_file(place_.path);
  if (fd < 0) return give_up(blame::environment, "access log " + place_.path + ": " + std::strerror(errno));
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  torn_ = false;
  return {};
}

std::size_t log_target::write(std::string_view lines, const std::function<bool()>& may_wait) {
  return place_.what == log_place::kind::syslog ? send_lines(lines, may_wait) : write_stream(lines, may_wait);
}

std::size_t log_target::write_stream(std::string_view lines, const std::function<bool()>& may_wait) {
  // What is left of a line must not take the next one along.
  if (torn_ && ::write(fd_, "\n", 1) == 1) torn_ = false;
  while (!lines.empty()) {
    // It may be shared, and blocks: PIPE_BUF bytes are written at once or not at all.
    const bool is_shared = place_.inherited() >= 0;
    if (is_shared) {
      pollfd p{fd_, POLLOUT, 0};
      if (::poll(&p, 1, kPatience) == 0) {
        if (may_wait()) continue;
        return count_lines(lines);
      }
    }
    const ssize_t n = ::write(fd_, lines.data(), is_shared ? std::min<std::size_t>(lines.size(), 4096) : lines.size());
    if (n > 0) {
      torn_ = lines[static_cast<std::size_t>(n) - 1] != '\n';
      lines.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN && may_wait()) {
      wait_for_room(fd_);
      continue;
    }
    error_ = n < 0 ? errno : EIO;
    return count_lines(lines);
  }
  return 0;
}

bool log_target::connect_again() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = open_socket(place_.path);
  return fd_ >= 0;
}

bool log_target::send_line(std::string_view line, const std::function<bool()>& may_wait) {
  bool is_new = false;
  for (;;) {
    if (::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    if ((errno == EAGAIN || errno == ENOBUFS) && may_wait()) {
      wait_for_room(fd_);
      continue;
    }
    error_ = errno;
    // The logger was started anew.
    if ((errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET) || is_new || !connect_again()) return false;
    is_new = true;
  }
}

std::size_t log_target::send_lines(std::string_view lines, const std::function<bool()>& may_wait) {
  if (fd_ < 0 && !connect_again()) {
    error_ = errno;
    return count_lines(lines);
  }
  const std::string front = syslog_front();
  std::string message;
  std::size_t lost = 0;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    message.assign(front).append(lines.substr(0, end));
    lines.remove_prefix(end + 1);
    if (send_line(message, may_wait)) continue;
    ++lost;
    if (fd_ < 0) return lost + count_lines(lines);
  }
  return lost;
}

}  // namespace docteur::cache_vm::on_linux
