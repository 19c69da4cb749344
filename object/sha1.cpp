#include "object/sha1.hpp"

#include <bit>
#include <utility>

#include "object/sha_instructions.hpp"

namespace docteur {
namespace {

using ring = std::array<std::uint32_t, 16>;  // the last sixteen message words

constexpr std::uint32_t mix(std::size_t quarter, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if (quarter == 0) return d ^ (b & (c ^ d));        // b ? c : d
  if (quarter == 2) return (b & c) | (d & (b ^ c));  // the majority of the three
  return b ^ c ^ d;
}

// FIPS 180-4, 6.1.2. In round t the working variable a is v[-t mod 5], b the next one and so on: no variable
// is moved. Each round is a template of its own, so that all of them stay in registers.
template <std::size_t kRound>
void round(sha1_state& v, ring& w) noexcept {
  constexpr std::array<std::uint32_t, 4> kConstants{0x5a827999u, 0x6ed9eba1u, 0x8f1bbcdcu, 0xca62c1d6u};
  constexpr auto place = [](std::size_t variable) { return (80 - kRound + variable) % 5; };
  std::uint32_t& word = w[kRound % 16];
  if constexpr (kRound >= 16)
    word = std::rotl(w[(kRound - 3) % 16] ^ w[(kRound - 8) % 16] ^ w[(kRound - 14) % 16] ^ word, 1);
  v[place(4)] += std::rotl(v[place(0)], 5) + mix(kRound / 20, v[place(1)], v[place(2)], v[place(3)]) +
                 kConstants[kRound / 20] + word;
  v[place(1)] = std::rotl(v[place(1)], 30);
}

template <std::size_t... kRounds>
void all_rounds(sha1_state& v, ring& w, std::index_sequence<kRounds...>) noexcept {
  (round<kRounds>(v, w), ...);
}

void compress_plain(sha1_state& s, const std::byte* data, std::size_t blocks) noexcept {
  for (; blocks > 0; --blocks, data += kHashBlock) {
    ring w;
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = load_be<std::uint32_t>(data + 4 * i);
    sha1_state v = s;
    all_rounds(v, w, std::make_index_sequence<80>());
    for (std::size_t i = 0; i < s.size(); ++i) s[i] += v[i];
  }
}

}  // namespace

bool sha1_function::has_instructions() noexcept { return has_sha1_instructions(); }

void sha1_function::compress(bool instructions, sha1_state& s, const std::byte* data, std::size_t blocks) noexcept {
  instructions ? compress_by_instructions(s, data, blocks) : compress_plain(s, data, blocks);
}

}  // namespace docteur
