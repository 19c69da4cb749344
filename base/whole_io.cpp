#include "base/whole_io.hpp"

#include <unistd.h>

#include <cerrno>

namespace docteur {

bool read_whole(int fd, std::uint64_t at, mutable_bytes out) noexcept {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd, out.data(), out.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENODATA;
    if (n <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return true;
}

bool write_whole(int fd, std::uint64_t at, bytes data, std::uint64_t* written) noexcept {
  const std::size_t all = data.size();
  bool good = true;
  while (good && !data.empty()) {
    const ssize_t n = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    good = n > 0;
    if (!good) break;
    data = data.subspan(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  if (written != nullptr) *written = all - data.size();
  return good;
}

}  // namespace docteur
