#include "extract/new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace docteur {

outcome<new_file> new_file::create(int folder, const std::string& name, mode_t mode, std::string shown) {
  unique_fd fd(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  const int error = errno;
  new_file file(std::move(fd), std::move(shown));
  if (!file.fd_) return file.failed(error);
  return file;
}

outcome<void> new_file::write(bytes data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd_.get(), data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed(n == 0 ? ENOSPC : errno);
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

outcome<void> new_file::finish(const std::optional<timespec>& modified, durability wanted) {
  if (modified) {
    const std::array<timespec, 2> times{*modified, *modified};
    if (::futimens(fd_.get(), times.data()) != 0) return failed(errno);
  }
  // EINVAL: a file system without anything to sync.
  if (wanted == durability::sync && ::fsync(fd_.get()) != 0 && errno != EINVAL) return failed(errno);
  return {};
}

tl::unexpected<failure> new_file::failed(int error) const {
  return give_up(blame::environment, shown_ + ": " + std::strerror(error));
}

}  // namespace docteur
