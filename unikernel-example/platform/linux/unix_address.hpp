#pragma once
// Addresses of sockets in the file system (unix(7)). Hosted.

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

namespace docteur::cache_vm::on_linux {

// `path` has less than 108 bytes.
[[nodiscard]] inline sockaddr_un unix_address(const std::string& path) noexcept {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.data(), path.size());
  return at;
}

}  // namespace docteur::cache_vm::on_linux
