#include "unikernel-example/platform/linux/listening.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "object/result.hpp"
#include "unikernel-example/platform/linux/service_notice.hpp"
#include "unikernel-example/platform/linux/unix_address.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr int kBacklog = 1024;
// Bytes that the kernel buffers for a client: sent data that is not on its way yet, and received data. Data on its way
// is extra, and bounded by what the client acknowledges.
constexpr int kUnsent = 128 << 10;
constexpr int kReceived = 32 << 10;  // the kernel doubles it

[[nodiscard]] std::string reason(int error) {
  switch (error) {
    case EADDRINUSE: return "in use by another program";
    case EACCES:
    case EPERM: return "not permitted";
    case EADDRNOTAVAIL: return "no such address on this machine";
    default: return std::strerror(error);
  }
}

// Accepted sockets inherit these options. Returns an errno value, 0 on success.
[[nodiscard]] int listen_at(int fd, const addrinfo& at) {
  const auto set = [fd](int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); };
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (at.ai_family == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsent);
  set(SOL_SOCKET, SO_RCVBUF, kReceived);
  return bind(fd, at.ai_addr, at.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0 ? 0 : errno;
}

[[nodiscard]] std::string address_text(const sockaddr& a, socklen_t size) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (a.sa_family == AF_UNIX) return "unix:" + std::string(reinterpret_cast<const sockaddr_un&>(a).sun_path);
  if (getnameinfo(&a, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) return "?";
  return (a.sa_family == AF_INET6 ? "[" + std::string(host) + "]:" : std::string(host) + ":") + port;
}

[[nodiscard]] std::uint16_t port_of(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) return 0;
  return ntohs(at.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(at).sin6_port
                                        : reinterpret_cast<const sockaddr_in&>(at).sin_port);
}

void set_port(sockaddr& at, std::uint16_t port) {
  if (at.sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(at).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(at).sin_port = htons(port);
  }
}

}  // namespace

void await_first_bytes(int fd) noexcept {
  constexpr int seconds = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

std::string listening_text(int fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) return "?";
  return address_text(reinterpret_cast<const sockaddr&>(at), size);
}

outcome<std::vector<int>> listen_on(std::string_view address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  const std::string host(address);
  if (const int why = getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &all);
      why != 0)
    return give_up(blame::environment, "cannot listen on " + host + ": no address or name of a host (" +
                                           std::string(gai_strerror(why)) + ")");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(all, freeaddrinfo);
  std::vector<int> listening;
  std::string wrong;
  for (const addrinfo* a = all; a != nullptr; a = a->ai_next) {
    if (port == 0 && !listening.empty()) set_port(*a->ai_addr, port_of(listening.front()));
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int error = fd < 0 ? errno : listen_at(fd, *a);
    if (error == 0) {
      listening.push_back(fd);
      continue;
    }
    if (fd >= 0) ::close(fd);
    const bool is_last = a->ai_next == nullptr && listening.empty();
    const bool is_lacking = error == EAFNOSUPPORT || (error == EADDRNOTAVAIL && all->ai_next != nullptr);
    if (is_lacking && !(is_last && wrong.empty())) continue;  // the machine lacks this family, or address of a name
    wrong +=
        (wrong.empty() ? "cannot listen on " : ", ") + address_text(*a->ai_addr, a->ai_addrlen) + ": " + reason(error);
  }
  if (wrong.empty() && !listening.empty()) return listening;
  for (const int fd : listening) ::close(fd);
  return give_up(blame::environment, wrong);
}

outcome<std::vector<listener>> listen_anywhere(std::string_view where, std::uint16_t port, unsigned mode) {
  constexpr std::string_view in_files = "unix:";
  std::vector<listener> all;
  if (where.starts_with(in_files)) {
    DOCTEUR_TRY(made, listen_on_path(std::string(where.substr(in_files.size())), mode));
    all.push_back(std::move(made));
    return all;
  }
  DOCTEUR_TRY(sockets, where == "systemd" ? take_handed_sockets() : listen_on(where, port));
  for (const int fd : sockets) all.push_back({fd});
  return all;
}

}  // namespace docteur::cache_vm::on_linux
