#pragma once
// A device over a file or a block device of the host. Hosted.

#include <cstdint>
#include <string>

#include "object/device.hpp"
#include "object/failure.hpp"

namespace docteur {

// How the reader gets the content: copied by pread(), or mapped and used in place. If a mapped file is truncated while
// it is read, SIGBUS kills the process; so commands do not map files that others may be writing.
enum class access { pread, mapped };

class file_device {
 public:
  // Opens a file or a block device. Fails (blame::environment) with one line that names it.
  [[nodiscard]] static outcome<file_device> open(const std::string& path, access how = access::pread);
  file_device(file_device&& other) noexcept;
  file_device& operator=(file_device&& other) noexcept;
  ~file_device();

  // Valid as long as this object, or the one it was moved to, exists.
  [[nodiscard]] device view() const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes
  // Fills all of `out` from byte `offset` if the system has these bytes in memory (preadv2(2), RWF_NOWAIT). Returns
  // false if it has not, or if the file system does not support that question.
  [[nodiscard]] bool read_now(std::uint64_t offset, mutable_bytes out) const noexcept;

 private:
  file_device() = default;
  int fd_ = -1;
  bool is_in_memory_ = false;  // its file system has no other place
  std::uint64_t size_ = 0;
  void* map_ = nullptr;
};

}  // namespace docteur
