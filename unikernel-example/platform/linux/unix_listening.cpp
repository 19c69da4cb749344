#include "unikernel-example/platform/linux/unix_listening.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "unikernel-example/platform/linux/unix_address.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr int kBacklog = 1024;

// Whether `path` is a socket at which nobody listens.
[[nodiscard]] bool is_stale(const sockaddr_un& at) {
  struct stat info {};
  if (::lstat(at.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool refused = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return refused;
}

[[nodiscard]] int bind_at(int fd, const sockaddr_un& at) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 ? 0 : errno;
}

}  // namespace

outcome<listener> listen_on_path(const std::string& path, unsigned mode) {
  const auto failed = [&path](const std::string& why) {
    return give_up(blame::environment, "cannot listen on unix:" + path + ": " + why);
  };
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return failed("a path of more than 107 bytes");
  const sockaddr_un at = unix_address(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(std::strerror(errno));
  int error = 0;
  leftover name([&]() -> std::function<void()> {
    error = bind_at(fd, at);
    if (error == EADDRINUSE && is_stale(at) && ::unlink(at.sun_path) == 0) error = bind_at(fd, at);
    if (error != 0) return {};
    struct stat mine {};
    (void)::lstat(at.sun_path, &mine);
    return [path, mine] {
      struct stat now {};
      if (::lstat(path.c_str(), &now) == 0 && now.st_dev == mine.st_dev && now.st_ino == mine.st_ino)
        ::unlink(path.c_str());
    };
  });
  // Nobody can connect before listen(): the mode is then right.
  if (error == 0 && (::chmod(at.sun_path, mode) != 0 || ::listen(fd, kBacklog) != 0)) error = errno;
  if (error == 0) return listener{fd, std::move(name)};
  ::close(fd);
  return failed(error == EADDRINUSE ? "in use by another program, or no socket" : std::strerror(error));
}

}  // namespace docteur::cache_vm::on_linux
