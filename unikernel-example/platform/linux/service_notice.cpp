#include "unikernel-example/platform/linux/service_notice.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace docteur::cache_vm::on_linux {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

[[nodiscard]] long number_in(const char* variable) noexcept {
  const char* const text = std::getenv(variable);
  long n = 0;
  if (text == nullptr) return 0;
  const char* const end = text + std::strlen(text);
  const auto [stop, wrong] = std::from_chars(text, end, n);
  return wrong == std::errc() && stop == end ? n : 0;
}

[[nodiscard]] int option_of(int fd, int name) noexcept {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

void notify_service_manager(std::string_view state) noexcept {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::size_t size = path == nullptr ? 0 : std::strlen(path);
  if (size < 2 || size >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@')) return;
  std::memcpy(to.sun_path, path, size);
  if (path[0] == '@') to.sun_path[0] = '\0';  // a name that is not in the file system
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
  ::close(fd);
}

outcome<std::vector<int>> take_handed_sockets() {
  const long count = number_in("LISTEN_PID") == ::getpid() ? number_in("LISTEN_FDS") : 0;
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (count <= 0 || count > 1024)
    return give_up(blame::environment, "cannot listen on systemd: no sockets were handed over (LISTEN_FDS)");
  std::vector<int> sockets;
  std::string wrong;
  for (int fd = kFirst; fd < kFirst + static_cast<int>(count); ++fd) {
    sockets.push_back(fd);
    if (option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) != 1)
      wrong = "cannot listen on systemd: descriptor " + std::to_string(fd) + " is no listening stream socket";
    (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  if (wrong.empty()) return sockets;
  for (const int fd : sockets) ::close(fd);
  return give_up(blame::environment, wrong);
}

}  // namespace docteur::cache_vm::on_linux
