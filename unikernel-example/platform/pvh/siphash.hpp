#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace docteur::cache_vm::pvh {

// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF") of 64-bit words: a keyed hash, unpredictable
// without the key, at a tenth of the cost of SHA-1.
template <std::size_t kWords>
[[nodiscard]] constexpr std::uint64_t siphash(const std::array<std::uint64_t, 2>& key,
                                              const std::array<std::uint64_t, kWords>& words) noexcept {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575;
  std::uint64_t v1 = key[1] ^ 0x646f72616e646f6d;
  std::uint64_t v2 = key[0] ^ 0x6c7967656e657261;
  std::uint64_t v3 = key[1] ^ 0x7465646279746573;
  const auto rounds = [&](int n) {
    for (; n > 0; --n) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  };
  const auto take = [&](std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  for (const std::uint64_t word : words) take(word);
  take(std::uint64_t{8 * words.size()} << 56);  // the last block: the length
  v2 ^= 0xff;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace docteur::cache_vm::pvh
