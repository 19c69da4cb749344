#include "object/sha_instructions.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#include <atomic>
#include <utility>

namespace docteur {
namespace {

constexpr std::size_t kBlock = 64;  // bytes

#define DOCTEUR_SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

// A group of four rounds. `m` is a ring of the last sixteen message words: group g uses m[g % 4] and then replaces it
// by the words of group g + 4 (Intel SHA Extensions, 2013). Each group is a template of its own, so that the
// ring stays in registers.
template <int kGroup>
DOCTEUR_SHA_TARGET void four_rounds(__m128i& abcd, __m128i& before, const __m128i& e, __m128i* m) noexcept {
  const __m128i words = kGroup == 0 ? _mm_add_epi32(e, m[0]) : _mm_sha1nexte_epu32(before, m[kGroup & 3]);
  before = abcd;
  abcd = _mm_sha1rnds4_epu32(abcd, words, kGroup / 5);
  if constexpr (kGroup < 16) {
    const __m128i mixed = _mm_xor_si128(_mm_sha1msg1_epu32(m[kGroup & 3], m[(kGroup + 1) & 3]), m[(kGroup + 2) & 3]);
    m[kGroup & 3] = _mm_sha1msg2_epu32(mixed, m[(kGroup + 3) & 3]);
  }
}

template <int... kGroups>
DOCTEUR_SHA_TARGET void all_rounds(__m128i& abcd, __m128i& before, const __m128i& e, __m128i* m,
                                   std::integer_sequence<int, kGroups...>) noexcept {
  (four_rounds<kGroups>(abcd, before, e, m), ...);
}

bool ask_processor() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

}  // namespace

// A group of four rounds of SHA-256, preceded by the computation of its words; the first sixteen are the message
// itself. `m` is as above.
template <std::size_t kGroup>
DOCTEUR_SHA_TARGET void four_rounds_256(__m128i& abef, __m128i& cdgh, __m128i* m) noexcept {
  __m128i& words = m[kGroup & 3];
  if constexpr (kGroup >= 4) {
    const __m128i& last = m[(kGroup + 3) & 3];
    const __m128i mixed =
        _mm_add_epi32(_mm_sha256msg1_epu32(words, m[(kGroup + 1) & 3]), _mm_alignr_epi8(last, m[(kGroup + 2) & 3], 4));
    words = _mm_sha256msg2_epu32(mixed, last);
  }
  const auto* const constants = reinterpret_cast<const __m128i*>(kSha256Constants.data()) + kGroup;
  const __m128i sum = _mm_add_epi32(words, _mm_loadu_si128(constants));
  cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
  abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

template <std::size_t... kGroups>
DOCTEUR_SHA_TARGET void all_rounds_256(__m128i& abef, __m128i& cdgh, __m128i* m,
                                       std::index_sequence<kGroups...>) noexcept {
  (four_rounds_256<kGroups>(abef, cdgh, m), ...);
}

// In a virtual machine CPUID traps to the hypervisor and costs microseconds, so its result is kept.
bool has_sha1_instructions() noexcept {
  static constinit std::atomic<int> answer{-1};
  int known = answer.load(std::memory_order_relaxed);
  if (known < 0) answer.store(known = ask_processor() ? 1 : 0, std::memory_order_relaxed);
  return known == 1;
}

bool has_sha256_instructions() noexcept { return has_sha1_instructions(); }

DOCTEUR_SHA_TARGET void compress_by_instructions(sha1_state& s, const std::byte* data, std::size_t blocks) noexcept {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(s.data())), 0x1b);
  __m128i e = _mm_set_epi32(static_cast<int>(s[4]), 0, 0, 0);
  for (; blocks > 0; --blocks, data += kBlock) {
    const __m128i abcd_in = abcd;
    const auto* const words = reinterpret_cast<const __m128i*>(data);
    __m128i m[4] = {_mm_shuffle_epi8(_mm_loadu_si128(words), swap), _mm_shuffle_epi8(_mm_loadu_si128(words + 1), swap),
                    _mm_shuffle_epi8(_mm_loadu_si128(words + 2), swap),
                    _mm_shuffle_epi8(_mm_loadu_si128(words + 3), swap)};
    __m128i before = abcd;
    all_rounds(abcd, before, e, m, std::make_integer_sequence<int, 20>());
    e = _mm_sha1nexte_epu32(before, e);
    abcd = _mm_add_epi32(abcd, abcd_in);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(s.data()), _mm_shuffle_epi32(abcd, 0x1b));
  s[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e, 3));
}

DOCTEUR_SHA_TARGET void compress_by_instructions(sha256_state& s, const std::byte* data, std::size_t blocks) noexcept {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  // The instructions keep the eight variables as a, b, e, f and c, d, g, h.
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(s.data())), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(s.data() + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  for (; blocks > 0; --blocks, data += kBlock) {
    const __m128i abef_in = abef, cdgh_in = cdgh;
    const auto* const words = reinterpret_cast<const __m128i*>(data);
    __m128i m[4] = {_mm_shuffle_epi8(_mm_loadu_si128(words), swap), _mm_shuffle_epi8(_mm_loadu_si128(words + 1), swap),
                    _mm_shuffle_epi8(_mm_loadu_si128(words + 2), swap),
                    _mm_shuffle_epi8(_mm_loadu_si128(words + 3), swap)};
    all_rounds_256(abef, cdgh, m, std::make_index_sequence<16>());
    abef = _mm_add_epi32(abef, abef_in);
    cdgh = _mm_add_epi32(cdgh, cdgh_in);
  }
  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(s.data()), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(s.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace docteur
#endif
