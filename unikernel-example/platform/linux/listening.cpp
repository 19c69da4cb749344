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

[[nodiscard]] std::string address_text(const addrinfo& a) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(a.ai_addr, a.ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  return (a.ai_family == AF_INET6 ? "[" + std::string(host) + "]:" : std::string(host) + ":") + port;
}

}  // namespace

outcome<std::vector<int>> listen_on(std::string_view address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* all = nullptr;
  const std::string host(address);
  if (getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &all) != 0)
    return give_up(blame::environment, "cannot listen on " + host + ": not an address");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(all, freeaddrinfo);
  std::vector<int> listening;
  std::string wrong;
  for (const addrinfo* a = all; a != nullptr; a = a->ai_next) {
    const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int error = fd < 0 ? errno : listen_at(fd, *a);
    if (error == 0) {
      listening.push_back(fd);
      continue;
    }
    if (fd >= 0) ::close(fd);
    const bool is_last = a->ai_next == nullptr && listening.empty();
    if (error == EAFNOSUPPORT && !(is_last && wrong.empty())) continue;  // the machine lacks this family
    wrong += (wrong.empty() ? "cannot listen on " : ", ") + address_text(*a) + ": " + reason(error);
  }
  if (wrong.empty() && !listening.empty()) return listening;
  for (const int fd : listening) ::close(fd);
  return give_up(blame::environment, wrong);
}

}  // namespace docteur::cache_vm::on_linux
