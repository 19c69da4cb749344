#include "object/sha256.hpp"

#include <bit>

#include "object/sha_instructions.hpp"

namespace docteur {
namespace {

// FIPS 180-4, 6.2.2; names as there.
void compress_plain(sha256_state& s, const std::byte* data, std::size_t blocks) noexcept {
  for (; blocks > 0; --blocks, data += kHashBlock) {
    std::array<std::uint32_t, 64> w;
    for (std::size_t t = 0; t < 16; ++t) w[t] = load_be<std::uint32_t>(data + 4 * t);
    for (std::size_t t = 16; t < 64; ++t) {
      const std::uint32_t sigma0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
      const std::uint32_t sigma1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
      w[t] = sigma1 + w[t - 7] + sigma0 + w[t - 16];
    }
    auto [a, b, c, d, e, f, g, h] = s;
    for (std::size_t t = 0; t < 64; ++t) {
      const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t t1 = h + sum1 + (g ^ (e & (f ^ g))) + kSha256Constants[t] + w[t];
      const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t t2 = sum0 + ((a & b) | (c & (a | b)));
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    const sha256_state mixed{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < s.size(); ++i) s[i] += mixed[i];
  }
}

}  // namespace

bool sha256_function::has_instructions() noexcept { return has_sha256_instructions(); }

void sha256_function::compress(bool instructions, sha256_state& s, const std::byte* data, std::size_t blocks) noexcept {
  instructions ? compress_by_instructions(s, data, blocks) : compress_plain(s, data, blocks);
}

}  // namespace docteur
