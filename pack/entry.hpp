#pragma once
// The header of a PACK entry (`git help gitformat-pack`): type and size as a variable-length integer, followed in a
// delta by its base, as a distance back (OFS) or an id (REF). Guest-safe.

#include <array>
#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

enum class entry_type : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4, ofs_delta = 6, ref_delta = 7 };

[[nodiscard]] constexpr bool is_delta(entry_type t) noexcept {
  return t == entry_type::ofs_delta || t == entry_type::ref_delta;
}

struct entry_header {
  entry_type type;
  std::uint8_t header_size;   // bytes before the zlib stream
  std::uint64_t size;         // bytes that the zlib stream inflates to
  std::uint64_t base_offset;  // ofs_delta only: from the start of PACK, below the entry's own offset
  oid base_id;                // ref_delta only
};

// The longest header: ten bytes of type and size, then ten of distance or those of an id.
inline constexpr std::size_t kMaxEntryHeader = 10 + kMaxIdSize;

inline constexpr std::uint64_t kMostEntrySize = (std::uint64_t{1} << 60) - 1;  // bytes; git reads no larger ones

// What the header of an entry says, without the place of the entry: its base by number. No REF delta.
struct entry_outline {
  std::uint64_t size = 0;          // bytes that the zlib stream inflates to
  std::uint32_t entries_back = 0;  // ofs_delta only: how many entries before this one its base is
  entry_type type = entry_type::blob;
  friend bool operator==(const entry_outline&, const entry_outline&) = default;
};

// Reads a header. `head`: the entry's first bytes, kMaxEntryHeader of them unless the data ends before. `offset`: of
// the entry, from the start of PACK. `at`: where `head` is in the image, for messages. `kind`: of the id of
// a REF delta's base. Errors: truncated, malformed
// (type 0 or 5, a size over 60 bits, a distance over 64), out_of_range (base not before the entry).
[[nodiscard]] result<entry_header> decode_entry_header(bytes head, std::uint64_t offset, std::uint64_t at,
                                                       hash_kind kind) noexcept;

struct encoded_entry_header {
  std::array<std::byte, kMaxEntryHeader> raw{};
  std::size_t size = 0;  // bytes used of `raw`
  [[nodiscard]] bytes view() const noexcept { return bytes{raw}.first(size); }
};

// Returns the bytes from which decode_entry_header() reads `h`. `h.header_size` is ignored; `offset` as above.
[[nodiscard]] encoded_entry_header encode_entry_header(const entry_header& h, std::uint64_t offset) noexcept;

}  // namespace docteur
