#include "object/sha1.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "object/sha1_blocks.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBlock = kSha1Block;

using ring = std::array<std::uint32_t, 16>;  // the message words' last sixteen

constexpr std::uint32_t mix(std::size_t quarter, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept {
  if (quarter == 0) return d ^ (b & (c ^ d));        // b ? c : d
  if (quarter == 2) return (b & c) | (d & (b ^ c));  // what most of the three say
  return b ^ c ^ d;
}

// FIPS 180-4, 6.1.2. In round t the working variable a is v[-t mod 5], b the next one and so on: none is moved. A
// template for each round, so that all of them live in registers.
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
  for (; blocks > 0; --blocks, data += kBlock) {
    ring w;
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = load_be<std::uint32_t>(data + 4 * i);
    sha1_state v = s;
    all_rounds(v, w, std::make_index_sequence<80>());
    for (std::size_t i = 0; i < s.size(); ++i) s[i] += v[i];
  }
}

void compress(bool instructions, sha1_state& s, const std::byte* data, std::size_t blocks) noexcept {
  instructions ? compress_by_instructions(s, data, blocks) : compress_plain(s, data, blocks);
}

}  // namespace

sha1::sha1() noexcept
    : state_{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u},
      has_instructions_(has_sha1_instructions()) {}

void sha1::disable_instructions() noexcept { has_instructions_ = false; }

void sha1::update(bytes data) noexcept {
  const std::size_t held = length_ % kBlock;
  length_ += data.size();
  if (held > 0) {
    const std::size_t n = std::min(kBlock - held, data.size());
    std::copy_n(data.begin(), n, block_.begin() + held);
    data = data.subspan(n);
    if (held + n < kBlock) return;
    compress(has_instructions_, state_, block_.data(), 1);
  }
  const std::size_t whole = data.size() / kBlock;
  if (whole > 0) compress(has_instructions_, state_, data.data(), whole);
  data = data.subspan(whole * kBlock);
  std::copy(data.begin(), data.end(), block_.begin());
}

oid sha1::finish() noexcept {
  const std::uint64_t bits = length_ * 8;
  static constexpr std::array<std::byte, kBlock> padding{std::byte{0x80}};
  const std::size_t held = length_ % kBlock;
  update(bytes{padding}.first(held < 56 ? 56 - held : 120 - held));
  std::array<std::byte, 8> length;
  store_be(length.data(), bits);
  update(length);
  oid out;
  for (std::size_t i = 0; i < state_.size(); ++i) store_be(out.raw.data() + 4 * i, state_[i]);
  return out;
}

sha1 object_hash(object_type type, std::uint64_t size) noexcept {
  // The longest header: "commit", a space, twenty digits, NUL.
  std::array<char, 28> header;
  const std::string_view kind = name(type);
  std::size_t n = static_cast<std::size_t>(std::copy(kind.begin(), kind.end(), header.begin()) - header.begin());
  header[n++] = ' ';
  std::size_t digits = 1;
  for (std::uint64_t rest = size; rest >= 10; rest /= 10) ++digits;
  for (std::size_t i = digits; i-- > 0; size /= 10) header[n + i] = static_cast<char>('0' + size % 10);
  header[n + digits] = '\0';
  sha1 hash;
  hash.update(as_bytes(std::string_view(header.data(), n + digits + 1)));
  return hash;
}

oid object_id(object_type type, bytes content) noexcept {
  sha1 hash = object_hash(type, content.size());
  hash.update(content);
  return hash.finish();
}

}  // namespace docteur
