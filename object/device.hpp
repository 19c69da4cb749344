#pragma once
// The device that holds an image, and the only way guest-safe code reaches it: a block device, a file, memory.

#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

struct device {
  void* self = nullptr;
  std::uint64_t size = 0;  // bytes
  // Fills all of `out` from byte `offset`, or fails: a short read does not exist. The caller stays inside `size`.
  // Errors: io, or unavailable when it is worth another try. After either the device can be read again.
  result<done> (*read)(void* self, std::uint64_t offset, mutable_bytes out) noexcept = nullptr;
  // The whole device as memory when it is mapped (then nothing is copied), else nullptr.
  const std::byte* view = nullptr;
};

// Reads a range that may come from the disk: bounds are checked here, once, for every device.
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
