#pragma once
// Ranges of a device, in place where it is mapped, else through one buffer. Who goes forward gets what comes next along
// with what was asked for: a few large reads instead of many small ones. Guest-safe.

#include <cstdint>

#include "object/device.hpp"
#include "object/memory.hpp"

namespace docteur {

class read_window {
 public:
  read_window(const device& from, const memory& mem) noexcept : device_(from), buffer_(mem) {}

  // `n` bytes from byte `at` of the device on; until the next call. Errors: truncated, out_of_memory, the device's.
  [[nodiscard]] result<bytes> get(std::uint64_t at, std::uint64_t n) noexcept;

  [[nodiscard]] const device& from() const noexcept { return device_; }

 private:
  device device_;
  owned_array<std::byte> buffer_;
  std::uint64_t start_ = 0;  // of what the buffer holds, bytes from the start of the device
  std::uint64_t size_ = 0;   // bytes it holds
  std::uint64_t next_ = 0;   // where the last range ended
};

}  // namespace docteur
