#pragma once
// The section table: 512 bytes that end exactly where IDX begins. doc/FORMAT.md, "Section table". Guest-safe.
// All integers little-endian. An image without the table is complete; no section is needed to read one.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::size_t kSectionTableSize = 512;
inline constexpr std::size_t kMaxSections = 16;
inline constexpr std::size_t kBuilderSize = 32;
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::string_view kSectionTableMagic{"DOCTEUR\n", 8};

// Feature bits. An unknown required bit is an error, an unknown optional bit is ignored.
inline constexpr std::uint64_t kSha256Feature = 1;  // ids and Git's checksums are SHA-256; the table has the commit
inline constexpr std::uint64_t kKnownRequiredFeatures = kSha256Feature;

enum class section_type : std::uint32_t {
  restart = 1,   // restart points of large blobs, layout/restart_section.hpp
  paths = 2,     // all paths in order, layout/path_section.hpp
  tags = 3,      // annotated tags of the commit, layout/tag_section.hpp
  digests = 4,   // SHA-256 of each block of the image, layout/digest_section.hpp
  versions = 5,  // the commits of an image of several, layout/versions_section.hpp
  entries = 6,   // what the headers of the PACK's entries say, layout/entry_section.hpp
  origin = 7,    // the older image that this one was made from, layout/origin_section.hpp
  files = 8,     // hashes of all files, and a signature of them, layout/list_section.hpp
};

// What a type of sections is called in messages: "restart section", ...; "" for an unknown type.
[[nodiscard]] std::string_view section_name(section_type type) noexcept;

struct section {
  section_type type;     // unknown types are kept and ignored
  std::uint32_t crc;     // CRC-32 of the section's bytes
  std::uint64_t offset;  // bytes from the start of the image, a multiple of the block size
  std::uint64_t length;  // bytes
};

// A checked table: its sections are in ascending order, do not overlap, and lie between the end of PACK and the table.
struct section_table {
  std::uint64_t required = 0;
  std::uint64_t optional = 0;
  std::uint64_t pack_size = 0;  // bytes, trailer included
  std::uint32_t block_size = 512;
  std::array<char, kBuilderSize> builder{};  // program and version, padded with NUL
  std::array<section, kMaxSections> entries{};
  std::uint32_t count = 0;
  oid commit;  // of kind(); null in an image of SHA-1, whose header has the id

  [[nodiscard]] hash_kind kind() const noexcept {
    return (required & kSha256Feature) != 0 ? hash_kind::sha256 : hash_kind::sha1;
  }
  [[nodiscard]] std::span<const section> sections() const noexcept { return {entries.data(), count}; }
  [[nodiscard]] const section* find(section_type type) const noexcept;
  [[nodiscard]] std::string_view builder_text() const noexcept;
};

using section_table_bytes = std::array<std::byte, kSectionTableSize>;

[[nodiscard]] bool has_section_table_magic(bytes table) noexcept;

// `table`: the 512 bytes before `idx_offset` (absolute), which begin with the magic. Errors: bad_checksum, bad_version
// (version or required feature unknown), malformed (reserved bytes, block size, order of sections), out_of_range.
[[nodiscard]] result<section_table> decode_section_table(bytes table, std::uint64_t idx_offset) noexcept;

// Encodes the first `table.count` sections; the builder's name is padded with NUL.
[[nodiscard]] section_table_bytes encode_section_table(const section_table& table) noexcept;

}  // namespace docteur
