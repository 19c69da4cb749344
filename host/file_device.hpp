#pragma once
// A device over a file or a block device of the host. Hosted.

#include <cstdint>
#include <string>

#include "object/device.hpp"
#include "object/failure.hpp"

namespace docteur {

// How content reaches the reader: copied by pread(), or mapped and used in place. A mapped file that is cut short while
// it is read kills the process with SIGBUS, so commands that read what others may be writing do not map.
enum class access { pread, mapped };

class file_device {
 public:
  // Fails (blame::environment) with one line that names the file.
  [[nodiscard]] static outcome<file_device> open(const std::string& path, access how = access::pread);
  file_device(file_device&& other) noexcept;
  file_device& operator=(file_device&& other) noexcept;
  ~file_device();

  // Valid as long as this object lives, also after it was moved.
  [[nodiscard]] device view() const noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes

 private:
  file_device() = default;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  void* map_ = nullptr;
};

}  // namespace docteur
