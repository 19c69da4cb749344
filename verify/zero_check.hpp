#pragma once
// Ranges that must be zero. Hosted.

#include <algorithm>

#include "verify/fetch.hpp"
#include "verify/findings.hpp"

namespace docteur {

// Reports the first byte of [from, to) that is not zero as `what`.
[[nodiscard]] inline outcome<void> check_zero(const device& d, std::uint64_t from, std::uint64_t to, const char* what,
                                              findings& found) {
  bool clean = true;
  return for_each_piece(d, from, to, [&](bytes piece, std::uint64_t at) {
    if (!clean) return outcome<void>();
    const auto odd = std::ranges::find_if(piece, [](std::byte b) { return b != std::byte{0}; });
    if (odd == piece.end()) return outcome<void>();
    clean = false;
    found.add(errc::malformed, at + static_cast<std::uint64_t>(odd - piece.begin()), what);
    return outcome<void>();
  });
}

}  // namespace docteur
