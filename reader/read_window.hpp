#pragma once
// Ranges of a device, in place where it is mapped, else through two windows. A window that is read on forward gets what
// comes next along with what was asked for: a few large reads instead of many small ones. There are two, so that a look
// at a delta's base elsewhere does not cost the walk its window. Guest-safe.

#include <array>
#include <cstdint>

#include "object/device.hpp"
#include "object/memory.hpp"

namespace docteur {

inline constexpr std::uint64_t kDefaultReadAhead = 256 << 10;  // bytes

class read_window {
 public:
  // `ahead`: bytes that are read at once, at most, on a way forward; an entry that is longer is read whole. Each window
  // takes as much of `mem`. Reads begin and end at multiples of 4 KiB, or at the device's end.
  read_window(const device& from, const memory& mem, std::uint64_t ahead = kDefaultReadAhead) noexcept
      : device_(from), ahead_(ahead), windows_{window(mem), window(mem)} {}

  // `n` bytes from byte `at` of the device on; until the next call. Errors: truncated, out_of_memory, the device's;
  // what would only be read ahead is let go before a call fails.
  [[nodiscard]] result<bytes> get(std::uint64_t at, std::uint64_t n) noexcept;

  [[nodiscard]] const device& disk() const noexcept { return device_; }

 private:
  struct window {
    explicit window(const memory& mem) noexcept : buffer(mem) {}
    [[nodiscard]] bool holds(std::uint64_t at, std::uint64_t n) const noexcept {
      return at >= start && at - start <= size && n <= size - (at - start);
    }

    owned_array<std::byte> buffer;
    std::uint64_t start = 0;  // of what the buffer holds, bytes from the start of the device
    std::uint64_t size = 0;   // bytes it holds
    std::uint64_t next = 0;   // where the last range ended
    std::uint64_t ahead = 0;  // bytes that were read at once: it grows while the window is read on
  };

  [[nodiscard]] std::uint64_t usual_room() const noexcept;
  [[nodiscard]] window& choose(std::uint64_t at, std::uint64_t n) noexcept;
  [[nodiscard]] result<done> fill(window& w, std::uint64_t at, std::uint64_t n) noexcept;

  device device_;
  std::uint64_t ahead_;
  std::array<window, 2> windows_;
  std::size_t last_ = 0;  // the window that was used last
};

}  // namespace docteur
