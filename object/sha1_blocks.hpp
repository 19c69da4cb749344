#pragma once
// SHA-1 of whole blocks by the processor's own instructions: one file for each kind of processor that has them.
// Guest-safe.

#include <array>
#include <cstddef>
#include <cstdint>

namespace docteur {

using sha1_state = std::array<std::uint32_t, 5>;
inline constexpr std::size_t kSha1Block = 64;  // bytes

#if defined(__x86_64__) || defined(__aarch64__)
// Whether this processor has them.
[[nodiscard]] bool has_sha1_instructions() noexcept;

// `blocks` * 64 bytes from `data` on. Only where has_sha1_instructions() says so.
void compress_by_instructions(sha1_state& s, const std::byte* data, std::size_t blocks) noexcept;
#else
[[nodiscard]] inline bool has_sha1_instructions() noexcept { return false; }
inline void compress_by_instructions(sha1_state&, const std::byte*, std::size_t) noexcept {}
#endif

}  // namespace docteur
