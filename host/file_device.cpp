#include "host/file_device.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace docteur {
namespace {

// Distinguishes errors of pread(2) that may pass (a network block device that reconnects, a shortage of memory) from
// others.
result<done> failed(int why, std::uint64_t offset) noexcept {
  switch (why) {
    case EAGAIN:
    case ENOMEM:
    case ENOBUFS:
    case ETIMEDOUT:
    case ENOLINK:
    case ECONNRESET:
    case EHOSTUNREACH:
    case ENETUNREACH: return fail(errc::unavailable, offset, "the device does not answer");
    default: return fail(errc::io, offset, "the device failed");
  }
}

// The descriptor itself is the device's `self`: nothing keeps the address of the file_device.
result<done> read_from(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
  const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(self));
  while (!out.empty()) {
    const ssize_t n = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno, offset);
    if (n == 0) return fail(errc::truncated, offset, "the file became shorter while it was read");
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return done{};
}

}  // namespace

outcome<file_device> file_device::open(const std::string& path, access how) {
  const auto give_up_with = [&path](int why) { return give_up(blame::environment, path + ": " + std::strerror(why)); };
  file_device f;
  f.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (f.fd_ < 0) return give_up_with(errno);
  struct stat info {};
  if (fstat(f.fd_, &info) != 0) return give_up_with(errno);
  if (S_ISDIR(info.st_mode)) return give_up_with(EISDIR);
  const off_t end = lseek(f.fd_, 0, SEEK_END);  // also returns the size of a block device
  if (end < 0) return give_up(blame::environment, path + ": neither a file nor a block device");
  f.size_ = static_cast<std::uint64_t>(end);
  struct statfs in {};
  f.is_in_memory_ =
      S_ISREG(info.st_mode) && fstatfs(f.fd_, &in) == 0 && (in.f_type == TMPFS_MAGIC || in.f_type == RAMFS_MAGIC);
  if (how == access::mapped && f.size_ > 0) {
    void* map = mmap(nullptr, f.size_, PROT_READ, MAP_PRIVATE, f.fd_, 0);
    if (map == MAP_FAILED) return give_up_with(errno);
    f.map_ = map;
  }
  return f;
}

file_device::file_device(file_device&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      is_in_memory_(other.is_in_memory_),
      size_(other.size_),
      map_(std::exchange(other.map_, nullptr)) {}

file_device& file_device::operator=(file_device&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(is_in_memory_, other.is_in_memory_);
  std::swap(size_, other.size_);
  std::swap(map_, other.map_);
  return *this;
}

file_device::~file_device() {
  if (map_ != nullptr) munmap(map_, size_);
  if (fd_ >= 0) close(fd_);
}

device file_device::view() const noexcept {
  device d;
  d.self = reinterpret_cast<void*>(static_cast<std::intptr_t>(fd_));
  d.size = size_;
  d.read = read_from;
  d.view = static_cast<const std::byte*>(map_);
  return d;
}

bool file_device::read_now(std::uint64_t offset, mutable_bytes out) const noexcept {
  while (!out.empty()) {
    iovec part{out.data(), out.size()};
    const ssize_t n = preadv2(fd_, &part, 1, static_cast<off_t>(offset), is_in_memory_ ? 0 : RWF_NOWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

}  // namespace docteur
