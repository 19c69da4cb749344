#include "object/sha_instructions.hpp"

#if defined(__aarch64__)
#include <arm_neon.h>

#include <utility>

namespace docteur {
namespace {

constexpr std::size_t kBlock = 64;  // bytes

#if defined(__clang__)
#define DOCTEUR_SHA_TARGET __attribute__((target("sha2")))
#else
#define DOCTEUR_SHA_TARGET __attribute__((target("+crypto")))
#endif

constexpr std::array<std::uint32_t, 4> kRoundConstants{0x5a827999u, 0x6ed9eba1u, 0x8f1bbcdcu, 0xca62c1d6u};

// A group of four rounds. `m` is a ring of the last sixteen message words: group g uses m[g % 4] and then replaces it
// by the words of group g + 4 (Arm Architecture Reference Manual, SHA1C, SHA1P, SHA1M, SHA1SU0, SHA1SU1). Each group
// is a template of its own, so that the ring stays in registers.
template <int kGroup>
DOCTEUR_SHA_TARGET void four_rounds(uint32x4_t& abcd, std::uint32_t& e, uint32x4_t* m) noexcept {
  const uint32x4_t words = vaddq_u32(m[kGroup & 3], vdupq_n_u32(kRoundConstants[kGroup / 5]));
  const std::uint32_t next_e = vsha1h_u32(vgetq_lane_u32(abcd, 0));
  if constexpr (kGroup / 5 == 0)
    abcd = vsha1cq_u32(abcd, e, words);
  else if constexpr (kGroup / 5 == 2)
    abcd = vsha1mq_u32(abcd, e, words);
  else
    abcd = vsha1pq_u32(abcd, e, words);
  e = next_e;
  if constexpr (kGroup < 16)
    m[kGroup & 3] =
        vsha1su1q_u32(vsha1su0q_u32(m[kGroup & 3], m[(kGroup + 1) & 3], m[(kGroup + 2) & 3]), m[(kGroup + 3) & 3]);
}

template <int... kGroups>
DOCTEUR_SHA_TARGET void all_rounds(uint32x4_t& abcd, std::uint32_t& e, uint32x4_t* m,
                                   std::integer_sequence<int, kGroups...>) noexcept {
  (four_rounds<kGroups>(abcd, e, m), ...);
}

// A group of four rounds of SHA-256, preceded by the computation of its words (SHA256H, SHA256H2, SHA256SU0,
// SHA256SU1).
template <std::size_t kGroup>
DOCTEUR_SHA_TARGET void four_rounds_256(uint32x4_t& abcd, uint32x4_t& efgh, uint32x4_t* m) noexcept {
  uint32x4_t& words = m[kGroup & 3];
  if constexpr (kGroup >= 4)
    words = vsha256su1q_u32(vsha256su0q_u32(words, m[(kGroup + 1) & 3]), m[(kGroup + 2) & 3], m[(kGroup + 3) & 3]);
  const uint32x4_t sum = vaddq_u32(words, vld1q_u32(kSha256Constants.data() + 4 * kGroup));
  const uint32x4_t abcd_in = abcd;
  abcd = vsha256hq_u32(abcd, efgh, sum);
  efgh = vsha256h2q_u32(efgh, abcd_in, sum);
}

template <std::size_t... kGroups>
DOCTEUR_SHA_TARGET void all_rounds_256(uint32x4_t& abcd, uint32x4_t& efgh, uint32x4_t* m,
                                       std::index_sequence<kGroups...>) noexcept {
  (four_rounds_256<kGroups>(abcd, efgh, m), ...);
}

std::uint64_t instruction_features() noexcept {
  std::uint64_t features = 0;
  asm("mrs %0, ID_AA64ISAR0_EL1" : "=r"(features));
  return features;
}

}  // namespace

// Linux lets every process read this register (HWCAP_CPUID), and a guest on bare hardware reads it directly: SHA1 is in
// bits 8 to 11, SHA2 in bits 12 to 15.
bool has_sha1_instructions() noexcept { return (instruction_features() >> 8 & 0xf) != 0; }
bool has_sha256_instructions() noexcept { return (instruction_features() >> 12 & 0xf) != 0; }

DOCTEUR_SHA_TARGET void compress_by_instructions(sha1_state& s, const std::byte* data, std::size_t blocks) noexcept {
  uint32x4_t abcd = vld1q_u32(s.data());
  std::uint32_t e = s[4];
  for (; blocks > 0; --blocks, data += kBlock) {
    const uint32x4_t abcd_in = abcd;
    const std::uint32_t e_in = e;
    const auto words = [&](int i) {
      return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(data) + 16 * i)));
    };
    uint32x4_t m[4] = {words(0), words(1), words(2), words(3)};
    all_rounds(abcd, e, m, std::make_integer_sequence<int, 20>());
    abcd = vaddq_u32(abcd, abcd_in);
    e += e_in;
  }
  vst1q_u32(s.data(), abcd);
  s[4] = e;
}

DOCTEUR_SHA_TARGET void compress_by_instructions(sha256_state& s, const std::byte* data, std::size_t blocks) noexcept {
  uint32x4_t abcd = vld1q_u32(s.data());
  uint32x4_t efgh = vld1q_u32(s.data() + 4);
  for (; blocks > 0; --blocks, data += kBlock) {
    const uint32x4_t abcd_in = abcd, efgh_in = efgh;
    const auto words = [&](int i) {
      return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(data) + 16 * i)));
    };
    uint32x4_t m[4] = {words(0), words(1), words(2), words(3)};
    all_rounds_256(abcd, efgh, m, std::make_index_sequence<16>());
    abcd = vaddq_u32(abcd, abcd_in);
    efgh = vaddq_u32(efgh, efgh_in);
  }
  vst1q_u32(s.data(), abcd);
  vst1q_u32(s.data() + 4, efgh);
}

}  // namespace docteur
#endif
