#pragma once
// A listening socket in the file system. Hosted, Linux.

#include <string>

#include "base/leftover.hpp"
#include "object/failure.hpp"

namespace docteur::cache_vm::on_linux {

struct listener {
  int fd;           // non-blocking; the caller closes it
  leftover name{};  // of a socket in the file system: removes it, unless another one has taken its place
};

// `mode`: permissions of the name, whatever the umask. A name that nobody listens at any more is replaced. Errors:
// environment, with the path and the reason.
[[nodiscard]] outcome<listener> listen_on_path(const std::string& path, unsigned mode);

}  // namespace docteur::cache_vm::on_linux
