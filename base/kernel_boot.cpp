#include "base/kernel_boot.hpp"

#include <fcntl.h>

#include <array>
#include <span>

#include "base/random_text.hpp"
#include "base/unique_fd.hpp"
#include "base/whole_io.hpp"

namespace docteur {

const std::string& kernel_boot() {
  static const std::string id = [] {
    const unique_fd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    std::array<char, 36> text;
    const bool read = fd && read_whole(fd.get(), 0, std::as_writable_bytes(std::span(text)));
    return read ? std::string(text.data(), text.size()) : random_text();
  }();
  return id;
}

}  // namespace docteur
