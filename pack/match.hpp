#pragma once
// Compares runs of bytes. Hosted.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

// Returns the length of the longest common prefix of `a` and `b`, in bytes.
[[nodiscard]] inline std::size_t common_prefix(bytes a, bytes b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t n = 0;
  for (; n + 8 <= most; n += 8) {
    const auto differ = load_le<std::uint64_t>(a.data() + n) ^ load_le<std::uint64_t>(b.data() + n);
    if (differ != 0) return n + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
  }
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

}  // namespace docteur
