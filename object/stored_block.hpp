#pragma once
// How content is stored in a zlib stream that does not compress it (RFC 1950; RFC 1951, 3.2.4), as docteur-make writes
// it: in blocks of one size, so that the place of each byte can be computed. Guest-safe.

#include <cstdint>

namespace docteur {

// Content bytes of a stored block; the last block may have fewer. OCaml docteur's verify miscounts larger ones
// (doc/FORMAT.md, "PACK"). Then the bytes in front of each block's content and of the whole stream.
inline constexpr std::uint64_t kStoredBlock = 32768;
inline constexpr std::uint64_t kStoredBlockHeader = 5;
inline constexpr std::uint64_t kZlibHeader = 2;

// Size in bytes of the zlib stream that stores `content` bytes: header, blocks, Adler-32.
[[nodiscard]] constexpr std::uint64_t stored_stream_size(std::uint64_t content) noexcept {
  const std::uint64_t blocks = content == 0 ? 1 : (content + kStoredBlock - 1) / kStoredBlock;
  return kZlibHeader + blocks * kStoredBlockHeader + content + 4;
}

}  // namespace docteur
