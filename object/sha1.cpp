#include "object/sha1.hpp"

#include <algorithm>
#include <bit>

#include "object/sha1_blocks.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBlock = kSha1Block;

void compress_plain(sha1_state& s, const std::byte* data, std::size_t blocks) noexcept {
  for (; blocks > 0; --blocks, data += kBlock) {
    std::array<std::uint32_t, 80> w;
    for (std::size_t i = 0; i < 16; ++i) w[i] = load_be<std::uint32_t>(data + 4 * i);
    for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    std::uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4];
    const auto round = [&](std::uint32_t f, std::uint32_t k, std::uint32_t word) {
      const std::uint32_t t = std::rotl(a, 5) + f + e + k + word;
      e = d, d = c, c = std::rotl(b, 30), b = a, a = t;
    };
    for (std::size_t i = 0; i < 20; ++i) round((b & c) | (~b & d), 0x5a827999u, w[i]);
    for (std::size_t i = 20; i < 40; ++i) round(b ^ c ^ d, 0x6ed9eba1u, w[i]);
    for (std::size_t i = 40; i < 60; ++i) round((b & c) | (b & d) | (c & d), 0x8f1bbcdcu, w[i]);
    for (std::size_t i = 60; i < 80; ++i) round(b ^ c ^ d, 0xca62c1d6u, w[i]);
    s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e;
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
