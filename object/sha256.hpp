#pragma once
// SHA-256 (FIPS 180-4, 6.2). Guest-safe.

#include "object/block_hash.hpp"

namespace docteur {

struct sha256_function {
  static constexpr std::size_t words = 8;
  static constexpr hash_kind kind = hash_kind::sha256;
  static constexpr std::array<std::uint32_t, words> initial{0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                                                            0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
  [[nodiscard]] static bool has_instructions() noexcept;
  static void compress(bool instructions, std::array<std::uint32_t, words>& state, const std::byte* data,
                       std::size_t blocks) noexcept;
};
using sha256 = block_hash<sha256_function>;

[[nodiscard]] inline oid sha256_of(bytes data) noexcept {
  sha256 hash;
  hash.update(data);
  return hash.finish();
}

}  // namespace docteur
