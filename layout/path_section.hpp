#pragma once
// The path section: all paths of the image in order, front-coded and deflated, each with the position of its object in
// IDX. doc/FORMAT.md, "Path section". Guest-safe. All integers little-endian.
//
//   0    u32 paths, directories and the root included
//   4    u32 submodules
//   8    u32 position size: bytes of a position, 1 to 4
//   12   u32 zero
//   16   blocks, one after the other, until all paths are listed:
//          0  u32 paths in the block, not 0
//          4  u32 bytes of the zlib stream
//          8  u32 bytes that it inflates to, up to kPathBlockLimit
//          12 u32 how many of those are records; the rest is text
//          16 the zlib stream: a record for each path, then the text of all of them
//             ... a position for each path
//   ...  submodules * (20 bytes, or 32 of SHA-256): commit ids, in the order of their paths
//
// A record is two integers, each of seven bits a byte, least significant first, with the highest bit set in all bytes
// but the last: the number of bytes that the path's key shares with the key before it (exactly, never fewer than it
// could), then 8 * bytes of text + kind. Kinds are those of entry_kind: 0 file, 1 executable, 2 symlink, 3 directory,
// 4 submodule. A key is the path; a directory's ends in '/'; the root's is empty and comes first. Keys ascend as if
// each ended in NUL. A submodule's position is the number of submodules before it.

#include <cstdint>

#include "object/bytes.hpp"
#include "pack/format.hpp"

namespace docteur {

// The PACK offset of the commit in an image with a path section: it is the first entry, so that IDX need not be
// searched for it. In bytes from the start of the PACK.
inline constexpr std::uint64_t kCommitOffset = kPackHeaderSize;

inline constexpr std::uint64_t kPathSectionHeader = 16;
inline constexpr std::uint64_t kPathBlockHeader = 16;
inline constexpr std::uint32_t kPathBlockLimit = 1u << 20;  // bytes that a block may inflate to
inline constexpr std::uint32_t kPathKindBits = 3;

// The number of bytes that can hold every value below `count`; at least 1.
[[nodiscard]] constexpr std::uint32_t position_size(std::uint64_t count) noexcept {
  std::uint32_t n = 1;
  while (n < 4 && count > std::uint64_t{1} << 8 * n) ++n;
  return n;
}

struct path_block {
  std::uint32_t paths;
  std::uint32_t packed;   // bytes of the zlib stream
  std::uint32_t raw;      // bytes that it inflates to
  std::uint32_t records;  // bytes of records among those
};

// `at`: of the block in the image, for messages. `head`: kPathBlockHeader bytes. Errors: malformed, too_large.
[[nodiscard]] constexpr result<path_block> decode_path_block(bytes head, std::uint64_t at) noexcept {
  const path_block b{load_le<std::uint32_t>(head.data()), load_le<std::uint32_t>(head.data() + 4),
                     load_le<std::uint32_t>(head.data() + 8), load_le<std::uint32_t>(head.data() + 12)};
  if (b.paths == 0) return fail(errc::malformed, at, "empty block of paths");
  if (b.raw > kPathBlockLimit || b.packed > kPathBlockLimit)
    return fail(errc::too_large, at, "block of paths is too large");
  if (b.records > b.raw || b.paths > b.records / 2)
    return fail(errc::malformed, at, "records do not fit in their block of paths");
  return b;
}

constexpr void encode_path_block(std::byte* at, const path_block& b) noexcept {
  store_le(at, b.paths);
  store_le(at + 4, b.packed);
  store_le(at + 8, b.raw);
  store_le(at + 12, b.records);
}

}  // namespace docteur
