#pragma once
// Reads ranges of a device: in place if it is mapped, else through two windows. A window that is read forward also
// reads ahead: a few large reads instead of many small ones. There are two, so that reading a delta's base elsewhere
// does not discard the window of a walk. Guest-safe.

#include <array>
#include <cstdint>

#include "object/device.hpp"
#include "object/memory.hpp"

namespace docteur {

inline constexpr std::uint64_t kDefaultReadAhead = 256 << 10;  // bytes

class read_window {
 public:
  // `ahead`: the most bytes read at once when reading forward; a longer entry is still read whole. Each window takes
  // that much memory from `mem`. Reads begin and end at multiples of 4 KiB, or at the device's end.
  read_window(const device& from, const memory& mem, std::uint64_t ahead = kDefaultReadAhead) noexcept
      : device_(from), ahead_(ahead), windows_{window(mem), window(mem)} {}

  // Returns the `n` bytes at byte `at` of the device, valid until the next call. Errors: truncated, out_of_memory, the
  // device's. Before a call fails, it is tried without reading ahead.
  [[nodiscard]] result<bytes> get(std::uint64_t at, std::uint64_t n) noexcept;

  [[nodiscard]] const device& disk() const noexcept { return device_; }

 private:
  struct window {
    explicit window(const memory& mem) noexcept : buffer(mem) {}
    [[nodiscard]] bool holds(std::uint64_t at, std::uint64_t n) const noexcept {
      return at >= start && at - start <= size && n <= size - (at - start);
    }

    owned_array<std::byte> buffer;
    std::uint64_t start = 0;  // of the buffer's content, bytes from the start of the device
    std::uint64_t size = 0;   // bytes in the buffer
    std::uint64_t next = 0;   // where the last range ended
    std::uint64_t ahead = 0;  // bytes to read at once: grows while the window is read forward
  };

  [[nodiscard]] std::uint64_t usual_room() const noexcept;
  [[nodiscard]] window& choose(std::uint64_t at, std::uint64_t n) noexcept;
  [[nodiscard]] result<done> fill(window& w, std::uint64_t at, std::uint64_t n) noexcept;

  device device_;
  std::uint64_t ahead_;
  std::array<window, 2> windows_;
  std::size_t last_ = 0;  // the window used last
};

}  // namespace docteur
