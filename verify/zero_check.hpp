#pragma once
// Checks ranges that must be zero. Hosted.

#include <algorithm>

#include "verify/findings.hpp"
#include "verify/read_range.hpp"

namespace docteur {

// Reports the first nonzero byte of [from, to) as a fault `what`. Fails (blame::environment) if the device cannot be
// read.
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
