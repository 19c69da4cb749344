#pragma once
// SHA-1 (FIPS 180-4, 6.1). Guest-safe. No collision detection: doc/SECURITY.md.

#include "object/block_hash.hpp"

namespace docteur {

struct sha1_function {
  static constexpr std::size_t words = 5;
  static constexpr hash_kind kind = hash_kind::sha1;
  static constexpr std::array<std::uint32_t, words> initial{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u,
                                                            0xc3d2e1f0u};
  [[nodiscard]] static bool has_instructions() noexcept;
  static void compress(bool instructions, std::array<std::uint32_t, words>& state, const std::byte* data,
                       std::size_t blocks) noexcept;
};
using sha1 = block_hash<sha1_function>;

}  // namespace docteur
