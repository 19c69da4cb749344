#include "unikernel-example/platform/linux/tcp_connection.hpp"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "unikernel-example/platform/linux/proxy_head.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::size_t kDirect = 8 << 10;  // bytes: larger pieces are not copied
constexpr std::size_t kTurn = 512 << 10;  // bytes that one connection sends before the others get their turn
constexpr std::size_t kLittle = 4 << 10;  // bytes
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kLinger = 5 * kSecond;    // for the peer to close as well
constexpr std::uint64_t kStalled = 30 * kSecond;  // without progress in delivery

}  // namespace

tcp_connection::~tcp_connection() {
  if (use_ == use::aborted) {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  ::close(fd_);
}

std::size_t tcp_connection::receive(mutable_bytes into) {
  if (!readable_ || ended_ || broken_ || into.empty()) return 0;
  if (awaits_head_ && !take_head()) return 0;
  if (preface_ == preface::awaited) [[unlikely]]
    return receive_first(into);
  return preface_ == preface::found ? 0 : read_socket(into);
}

// The first bytes, until they are known not to be the preface, or to be the whole of it.
std::size_t tcp_connection::receive_first(mutable_bytes into) {
  constexpr std::string_view whole = http2_session::kPreface;
  const std::size_t before = held_.size();
  if (into.size() <= whole.size()) return 0;  // not by a buffer of this server
  std::memcpy(into.data(), held_.data(), before);
  const std::size_t n = before + read_socket(into.subspan(before));
  const std::string_view got = as_text(into.first(n));
  if (!whole.starts_with(got.substr(0, whole.size()))) {
    preface_ = preface::absent;
    return n;
  }
  if (n < whole.size()) {
    if (!ended_ && !broken_) {
      held_ = got;
      return 0;
    }
    preface_ = preface::absent;
    return n;
  }
  begin_session(into.first(n));
  return 0;
}

void tcp_connection::begin_session(bytes received) {
  held_ = {};
  preface_ = preface::found;
  touch();
  session_ = std::make_unique<http2_session>(*this, *service_, *service_->streams(), *sessions_);
  session_->take(received);
}

void tcp_connection::serve() {
  service_->ready(*this);
  if (preface_ != preface::found) return;
  // The application has seen the connection break, and let go of it.
  preface_ = preface::taken;
  service_ = session_.get();
  service_->ready(*this);
}

std::size_t tcp_connection::read_socket(mutable_bytes into) {
  for (;;) {
    const ssize_t n = recv(fd_, into.data(), into.size(), 0);
    if (n > 0) {
      // A short read took everything, unless the end of input follows.
      if (static_cast<std::size_t>(n) < into.size() && !hung_up_) readable_ = false;
      return static_cast<std::size_t>(n);
    }
    if (n == 0) {
      ended_ = true;
      return 0;
    }
    if (errno == EINTR) continue;
    readable_ = false;
    if (errno != EAGAIN) broken_ = true;
    return 0;
  }
}

// Takes a proxy's head from the input once it is whole. False: it is not, or was refused.
bool tcp_connection::take_head() {
  std::array<std::byte, proxy_head::kMost> front;
  for (;;) {
    const ssize_t n = recv(fd_, front.data(), front.size(), MSG_PEEK);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      readable_ = false;
      return false;
    }
    const proxy_head head = n > 0 ? parse_proxy_head(bytes(front).first(static_cast<std::size_t>(n)))
                                  : proxy_head{proxy_head::kind::refused};
    if (head.state == proxy_head::kind::more && !hung_up_) {
      readable_ = false;  // what arrives is reported
      return false;
    }
    if (head.state != proxy_head::kind::whole ||
        recv(fd_, front.data(), head.size, 0) != static_cast<ssize_t>(head.size)) {
      broken_ = true;
      return false;
    }
    client_ = head.client;
    awaits_head_ = false;
    return true;
  }
}

connection::input tcp_connection::state() const {
  return broken_ || preface_ == preface::found ? input::broken : ended_ ? input::ended : input::open;
}

std::size_t tcp_connection::room() const {
  if (broken_ || use_ != use::open) return 0;
  const std::size_t n = std::min(out_.room(), budget_);
  // The application may wait for more room.
  if (n < kLittle) starved_ = true;
  return n;
}

std::size_t tcp_connection::send(bytes from) {
  touch();
  if (broken_ || use_ != use::open) return 0;
  // The kernel may take more than out_ has room for.
  std::size_t taken = 0;
  if (from.size() >= kDirect && !blocked_) {
    const std::size_t before = out_.size();
    const bytes offered = from.first(std::min(from.size(), budget_));
    const std::size_t n = write(out_.view(), offered);
    out_.drop_front(std::min(n, before));
    taken = n - std::min(n, before);
    budget_ -= taken;
  }
  const bytes rest = from.subspan(taken).first(std::min(room(), from.size() - taken));
  out_.append(rest);
  budget_ -= rest.size();
  taken += rest.size();
  if (taken < from.size()) starved_ = true;
  return taken;
}

std::size_t tcp_connection::write(bytes first, bytes second) {
  const auto part = [](bytes b) { return iovec{const_cast<std::byte*>(b.data()), b.size()}; };
  std::array<iovec, 2> parts{part(first), part(second)};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t n = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n >= 0) {
      sent_ += static_cast<std::uint64_t>(n);
      if (static_cast<std::size_t>(n) < first.size() + second.size()) blocked_ = true;
      return static_cast<std::size_t>(n);
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      blocked_ = true;
    } else {
      broken_ = true;
    }
    return 0;
  }
}

std::uint64_t tcp_connection::delivered() const {
  int waiting = 0;
  if (ioctl(fd_, SIOCOUTQ, &waiting) != 0) return sent_;
  return sent_ - std::min(sent_, static_cast<std::uint64_t>(waiting));
}

void tcp_connection::close() {
  if (preface_ == preface::found) return;
  if (use_ == use::open) use_ = use::closing;
  touch();
}

void tcp_connection::finish() {
  is_last_ = true;
  close();
}

void tcp_connection::abort() {
  if (preface_ == preface::found) return;
  use_ = use::aborted;
  touch();
}

std::string tcp_connection::peer() const {
  if (!client_.empty()) return client_;
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&from), &size) != 0) return "?";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_UNIX) return "unix:";
  if (from.ss_family == AF_INET6) {
    const auto& a = reinterpret_cast<const sockaddr_in6&>(from);
    inet_ntop(AF_INET6, &a.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(a.sin6_port));
  }
  const auto& a = reinterpret_cast<const sockaddr_in&>(from);
  inet_ntop(AF_INET, &a.sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(ntohs(a.sin_port));
}

void tcp_connection::notice(std::uint32_t events) noexcept {
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) hung_up_ = true;
  if ((events & EPOLLOUT) != 0) blocked_ = false;
  if ((events & EPOLLERR) != 0) broken_ = true;
}

void tcp_connection::begin_turn() noexcept {
  budget_ = kTurn;
  starved_ = false;
  touch();
}

void tcp_connection::touch() {
  if (is_touched_) return;
  is_touched_ = true;
  touched_->push_back(this);
}

void tcp_connection::flush() {
  if (out_.size() > 0 && !blocked_ && !broken_) out_.drop_front(write(out_.view(), {}));
  out_.settle();
}

// Discards input that arrives after the application closed the connection. The kernel would answer it with a reset,
// which may overtake our last bytes. True when the peer has closed.
bool tcp_connection::drain() {
  std::array<std::byte, 16 << 10> waste;
  for (int i = 0; i < 16; ++i) {
    if (receive(waste) == 0) return ended_ || broken_;
  }
  return false;
}

tcp_connection::next tcp_connection::end_turn(std::uint64_t now) {
  is_touched_ = false;
  if (use_ == use::aborted) return next::gone;
  const std::uint64_t before = sent_;
  flush();
  if (use_ == use::closing) {
    if (closing_ns_ == 0 || sent_ > before) closing_ns_ = now;
    if (broken_) return next::gone;
    if (out_.size() > 0) return next::wait;
    // What it sends all the same is answered by a reset.
    if (is_last_ && !readable_) return next::gone;
    if (!is_shut_) {
      is_shut_ = true;
      shutdown(fd_, SHUT_WR);
    }
    return drain() ? next::gone : next::wait;
  }
  if (preface_ == preface::found || (session_ && session_->wants_turn())) return next::again;
  // epoll reports no new room if the kernel's buffer was never full.
  return (starved_ && !blocked_ && out_.room() > 0) || broken_ ? next::again : next::wait;
}

bool tcp_connection::is_overdue(std::uint64_t now) const noexcept {
  return use_ == use::closing && now - closing_ns_ > (is_shut_ ? kLinger : kStalled);
}

}  // namespace docteur::cache_vm::on_linux
