#pragma once
// The device that holds an image: a block device, a file, or memory. Guest-safe code reads images only through this.

#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

struct device {
  void* self = nullptr;
  std::uint64_t size = 0;  // bytes
  // Fills all of `out` from byte `offset`, or fails: there are no short reads. The caller stays within `size`.
  // Errors: io; unavailable if the same read may succeed later; bad_checksum if it checks content. It stays readable.
  result<done> (*read)(void* self, std::uint64_t offset, mutable_bytes out) noexcept = nullptr;
  // The whole device as memory if it is mapped (then nothing is copied), else nullptr.
  const std::byte* view = nullptr;
};

// Reads a range whose bounds may come from the image. They are checked here, once, for every device. Errors: truncated,
// the device's.
[[nodiscard]] inline result<done> read_exactly(const device& from, std::uint64_t offset, mutable_bytes out) noexcept {
  if (offset > from.size || out.size() > from.size - offset)
    return fail(errc::truncated, offset, "range leaves the device");
  if (out.empty()) return done{};
  if (from.view != nullptr) {
    std::memcpy(out.data(), from.view + offset, out.size());
    return done{};
  }
  return from.read(from.self, offset, out);
}

// Memory that already holds an image. `data` must outlive the device.
[[nodiscard]] inline device memory_device(bytes data) noexcept {
  device d;
  d.size = data.size();
  d.view = data.data();
  return d;
}

}  // namespace docteur
