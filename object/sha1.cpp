#include "object/sha1.hpp"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#include <atomic>
#endif

namespace docteur {
namespace {

using state = std::array<std::uint32_t, 5>;
constexpr std::size_t kBlock = 64;

void compress_plain(state& s, const std::byte* data, std::size_t blocks) noexcept {
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

#if defined(__x86_64__)
#define DOCTEUR_SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

// Twenty rounds, four at a time. `m` is a ring of the message words' last sixteen; group g (0..19) uses m[g % 4]
// and then replaces it by the words of group g + 4 (Intel SHA Extensions, 2013).
template <int kFunction>
DOCTEUR_SHA_TARGET void twenty_rounds(__m128i& abcd, __m128i& before, const __m128i& e, __m128i* m) noexcept {
  for (int i = 0; i < 5; ++i) {
    const int g = kFunction * 5 + i;
    const __m128i words = g == 0 ? _mm_add_epi32(e, m[0]) : _mm_sha1nexte_epu32(before, m[g & 3]);
    before = abcd;
    abcd = _mm_sha1rnds4_epu32(abcd, words, kFunction);
    const __m128i mixed = _mm_xor_si128(_mm_sha1msg1_epu32(m[g & 3], m[(g + 1) & 3]), m[(g + 2) & 3]);
    m[g & 3] = _mm_sha1msg2_epu32(mixed, m[(g + 3) & 3]);
  }
}

DOCTEUR_SHA_TARGET void compress_sha_ni(state& s, const std::byte* data, std::size_t blocks) noexcept {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(s.data())), 0x1b);
  __m128i e = _mm_set_epi32(static_cast<int>(s[4]), 0, 0, 0);
  for (; blocks > 0; --blocks, data += kBlock) {
    const __m128i abcd_in = abcd;
    __m128i m[4];
    for (int i = 0; i < 4; ++i)
      m[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 16 * i)), swap);
    __m128i before = abcd;
    twenty_rounds<0>(abcd, before, e, m);
    twenty_rounds<1>(abcd, before, e, m);
    twenty_rounds<2>(abcd, before, e, m);
    twenty_rounds<3>(abcd, before, e, m);
    e = _mm_sha1nexte_epu32(before, e);
    abcd = _mm_add_epi32(abcd, abcd_in);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(s.data()), _mm_shuffle_epi32(abcd, 0x1b));
  s[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e, 3));
}

bool ask_processor() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

// CPUID leaves the virtual machine and costs microseconds there, so the answer is kept.
bool has_sha_instructions() noexcept {
  static constinit std::atomic<int> answer{-1};
  int known = answer.load(std::memory_order_relaxed);
  if (known < 0) answer.store(known = ask_processor() ? 1 : 0, std::memory_order_relaxed);
  return known == 1;
}

void compress(bool instructions, state& s, const std::byte* data, std::size_t blocks) noexcept {
  instructions ? compress_sha_ni(s, data, blocks) : compress_plain(s, data, blocks);
}
#else
bool has_sha_instructions() noexcept { return false; }
void compress(bool, state& s, const std::byte* data, std::size_t blocks) noexcept { compress_plain(s, data, blocks); }
#endif

}  // namespace

sha1::sha1() noexcept
    : state_{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u},
      has_instructions_(has_sha_instructions()) {}

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
