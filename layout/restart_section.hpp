#pragma once
// The restart section: where reading can start inside large blobs. doc/FORMAT.md, "Restart section". Guest-safe.
// All integers little-endian.
//
//   0   u32 number of blobs; 4  u32 zero
//   8   blobs * 32 bytes, ascending by entry offset
//       0  u64 offset of the entry from the start of PACK
//       8  u64 bytes of content
//       16 u64 position of the blob's first point in the table of points
//       24 u32 interval: bytes of content between points, a multiple of 32,768
//       28 u32 bit 0: stored; the others zero
//   ... points * 8 bytes: u64, bytes from the start of the blob's zlib stream
//
// A stored blob has no points: its zlib stream is 78 01, then stored blocks of exactly 32,768 bytes of content (the
// last one shorter), so every place can be computed. Any other blob of `size` bytes has ceil(size / interval) - 1
// points; point i (from 0) is where the deflate block begins that holds content byte (i + 1) * interval, right after a
// zlib full flush (zlib manual, Z_FULL_FLUSH): it is byte-aligned and refers to nothing before it.

#include <cstdint>

#include "object/bytes.hpp"
#include "object/stored_block.hpp"

namespace docteur {

inline constexpr std::uint64_t kRestartHeaderSize = 8;
inline constexpr std::uint64_t kRestartRecordSize = 32;
inline constexpr std::uint64_t kRestartPointSize = 8;
inline constexpr std::uint32_t kRestartStored = 1;

struct restart_record {
  std::uint64_t entry_offset;  // from the start of PACK
  std::uint64_t size;          // bytes of content
  std::uint64_t first_point;   // position in the table of points
  std::uint32_t interval;      // bytes of content
  bool stored;
};

// Returns the number of points of such a blob. `interval` > 0.
[[nodiscard]] constexpr std::uint64_t restart_point_count(std::uint64_t size, std::uint32_t interval,
                                                          bool stored) noexcept {
  return stored || size == 0 ? 0 : (size - 1) / interval;
}

// `at`: the 32 bytes of a record. Checks the record alone, not against its neighbours. Errors: malformed, with offset
// 0.
[[nodiscard]] constexpr result<restart_record> decode_restart_record(const std::byte* at) noexcept {
  restart_record r{};
  r.entry_offset = load_le<std::uint64_t>(at);
  r.size = load_le<std::uint64_t>(at + 8);
  r.first_point = load_le<std::uint64_t>(at + 16);
  r.interval = load_le<std::uint32_t>(at + 24);
  const auto flags = load_le<std::uint32_t>(at + 28);
  if ((flags & ~kRestartStored) != 0) return fail(errc::malformed, 0, "unknown flag in a restart record");
  if (r.interval == 0 || r.interval % kStoredBlock != 0)
    return fail(errc::malformed, 0, "bad interval in a restart record");
  r.stored = (flags & kRestartStored) != 0;
  return r;
}

constexpr void encode_restart_record(std::byte* at, const restart_record& r) noexcept {
  store_le(at, r.entry_offset);
  store_le(at + 8, r.size);
  store_le(at + 16, r.first_point);
  store_le(at + 24, r.interval);
  store_le(at + 28, r.stored ? kRestartStored : std::uint32_t{0});
}

}  // namespace docteur
