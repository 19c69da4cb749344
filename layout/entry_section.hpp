#pragma once
// The entry section: what the header of each entry of the PACK says, without the entry's place. doc/FORMAT.md, "Entry
// section". Guest-safe. All integers little-endian.
//
//   0   u32 entries, as many as IDX lists; not 0
//   4   u32 zero
//   8   blocks, one after the other, until all entries are listed:
//         0  u32 entries in the block, not 0
//         4  u32 bytes of the zlib stream
//         8  u32 bytes that it inflates to, up to kEntryBlockLimit
//         12 the zlib stream: the type of each entry, a byte; the lowest byte of each size; the rest of each size; of
//            each delta the base
//
// Types are those of the PACK without REF deltas. A size is what the entry's zlib stream inflates to; its rest is what
// remains when it is divided by 256. A base is the number of entries that it is before its delta. Both are integers of
// seven bits a byte, least significant first, with the highest bit set in all bytes but the last, and in no more bytes
// than needed.
//
// With the offsets in IDX this gives each byte of the PACK that is not in a zlib stream, and with the CRC-32s in IDX
// the CRC-32 of each zlib stream.

#include <cstdint>

#include "object/bytes.hpp"
#include "pack/entry.hpp"

namespace docteur {

inline constexpr std::uint64_t kEntrySectionHeader = 8;
inline constexpr std::uint64_t kEntryBlockHeader = 12;
inline constexpr std::uint32_t kEntryBlockLimit = 1u << 20;  // bytes of a block, inflated or not

// Returns the number of entries. `head`: the section's first kEntrySectionHeader bytes. `at`: of the section in the
// image, for messages. Errors: malformed.
[[nodiscard]] result<std::uint32_t> decode_entry_section_head(bytes head, std::uint64_t at) noexcept;

struct entry_block {
  std::uint32_t entries;
  std::uint32_t packed;  // bytes of the zlib stream
  std::uint32_t raw;     // bytes that it inflates to
};

// `head`: kEntryBlockHeader bytes. `left`: entries that were not listed yet. `at`: of the block in the image, for
// messages. Errors: malformed, too_large.
[[nodiscard]] result<entry_block> decode_entry_block(bytes head, std::uint32_t left, std::uint64_t at) noexcept;

constexpr void encode_entry_block(std::byte* at, const entry_block& b) noexcept {
  store_le(at, b.entries);
  store_le(at + 4, b.packed);
  store_le(at + 8, b.raw);
}

// Reads the inflated content of a block, entry by entry.
class entry_block_reader {
 public:
  // `raw`: the content of a block of `entries` entries; it must outlive the reader. `before`: entries of the blocks
  // before. `at`: of the block in the image, for messages. Errors: malformed (an unknown type, an integer that is
  // longer than needed or too large, content that ends too early or too late).
  [[nodiscard]] static result<entry_block_reader> open(bytes raw, std::uint32_t entries, std::uint32_t before,
                                                       std::uint64_t at) noexcept;

  // The next entry; to be called as often as there are entries. Errors: malformed (a base that is not before its
  // delta).
  [[nodiscard]] result<entry_outline> next() noexcept;

 private:
  const std::byte* type_ = nullptr;
  const std::byte* low_ = nullptr;
  cursor sizes_{bytes{}};
  cursor bases_{bytes{}};
  std::uint32_t number_ = 0;  // of the next entry, in the PACK
  std::uint64_t at_ = 0;
};

}  // namespace docteur
