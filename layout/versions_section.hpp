#pragma once
// The versions section: the commits of an image of several, each with a name. doc/FORMAT.md, "Versions section".
// Guest-safe. All integers little-endian.
//
//   0    u32 versions, 1 to kMostVersions
//   4    u32 bytes of the records
//   8    u32 CRC-32 of the records
//   12   u32 zero
//   16   records, one after the other; the first is the image's commit
//   ...  lists of changes, each of the form of a path section (layout/path_section.hpp)
//
// A record:
//   0    u16 bytes of the name, 1 to kMostVersionName
//   2    u16 bytes of the reference, 0 to kMostReference
//   4    u16 tags, 0 to kMostTags
//   6    u16 base: the version whose paths the list changes, an earlier one; 0 in the first record
//   8    u32 CRC-32 of the list
//   12   u32 zero
//   16   u64 offset of the list, from the start of the section; 0 if there is none
//   24   u64 bytes of the list; 0: the paths are those of the base, or of the path section for the first version
//   32   name, reference, id of the commit, ids of the tags (20 bytes each, or 32 of SHA-256)
//
// A list of changes differs from a path section in that it need not begin with the root, and in one more kind of
// record: kRemovedPath, whose path the base has and the version has not. Its position is 0.

#include <cstdint>
#include <string_view>

#include "layout/tag_section.hpp"
#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint64_t kVersionsHeader = 16;
inline constexpr std::uint64_t kVersionRecord = 32;
inline constexpr std::uint32_t kMostVersions = 4096;
inline constexpr std::uint32_t kMostVersionName = 255;  // bytes, as of a file's name
inline constexpr std::uint32_t kMostReference = 1024;   // bytes
// Lists that lead from the path section to any version: one for each bit of a version's number, and some more.
inline constexpr std::uint32_t kMostVersionBases = 16;
inline constexpr std::uint64_t kMostVersionRecord =
    kVersionRecord + kMostVersionName + kMostReference + (1 + kMostTags) * kMaxIdSize;  // bytes
inline constexpr std::uint32_t kRemovedPath = 5;                                        // kind of a record

struct versions_head {
  std::uint32_t count;
  std::uint32_t records;  // bytes
  std::uint32_t crc;      // of the records
};

// The fixed part of a record.
struct version_record {
  std::uint16_t name;       // bytes
  std::uint16_t reference;  // bytes
  std::uint16_t tags;
  std::uint16_t base;
  std::uint32_t crc;
  std::uint64_t offset;
  std::uint64_t length;

  // Bytes of the whole record.
  [[nodiscard]] constexpr std::uint64_t size(hash_kind kind) const noexcept {
    return kVersionRecord + name + reference + (std::uint64_t{1} + tags) * id_size(kind);
  }
};

// A name may stand in a path and in a URL: printable UTF-8 is not required, but it has no '/', no control character, is
// not empty, and does not begin with '.'.
[[nodiscard]] constexpr bool is_version_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMostVersionName || name.front() == '.') return false;
  for (const char c : name)
    if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

// `head`: kVersionsHeader bytes. `length`: of the section, `at`: its offset in the image, for messages. Errors:
// malformed, too_large.
[[nodiscard]] constexpr result<versions_head> decode_versions_head(bytes head, std::uint64_t length,
                                                                   std::uint64_t at) noexcept {
  const versions_head h{load_le<std::uint32_t>(head.data()), load_le<std::uint32_t>(head.data() + 4),
                        load_le<std::uint32_t>(head.data() + 8)};
  if (h.count == 0) return fail(errc::malformed, at, "no version in the versions section");
  if (h.count > kMostVersions) return fail(errc::too_large, at, "more versions than the limit");
  if (load_le<std::uint32_t>(head.data() + 12) != 0)
    return fail(errc::malformed, at, "reserved bytes of the versions section are not zero");
  if (h.records / h.count > kMostVersionRecord)
    return fail(errc::malformed, at, "records of versions are larger than they can be");
  if (h.records > length - kVersionsHeader) return fail(errc::truncated, at, "records of versions are cut short");
  return h;
}

// `record`: kVersionRecord bytes. `number`: of the version. `length`: of the section. Errors: malformed, out_of_range.
[[nodiscard]] constexpr result<version_record> decode_version_record(bytes record, std::uint32_t number,
                                                                     std::uint64_t length, std::uint64_t at) noexcept {
  const std::byte* const p = record.data();
  const version_record r{load_le<std::uint16_t>(p),     load_le<std::uint16_t>(p + 2), load_le<std::uint16_t>(p + 4),
                         load_le<std::uint16_t>(p + 6), load_le<std::uint32_t>(p + 8), load_le<std::uint64_t>(p + 16),
                         load_le<std::uint64_t>(p + 24)};
  if (load_le<std::uint32_t>(p + 12) != 0) return fail(errc::malformed, at, "reserved bytes of a version are not zero");
  if (r.name == 0 || r.name > kMostVersionName || r.reference > kMostReference || r.tags > kMostTags)
    return fail(errc::malformed, at, "bad size in the record of a version");
  if (number == 0 ? r.base != 0 || r.length != 0 : r.base >= number)
    return fail(errc::malformed, at, "base of a version");
  if (r.length == 0 ? r.offset != 0 || r.crc != 0 : r.offset > length || r.length > length - r.offset)
    return fail(errc::out_of_range, at, "list of a version's paths");
  return r;
}

constexpr void encode_version_record(std::byte* at, const version_record& r) noexcept {
  store_le(at, r.name);
  store_le(at + 2, r.reference);
  store_le(at + 4, r.tags);
  store_le(at + 6, r.base);
  store_le(at + 8, r.crc);
  store_le(at + 12, std::uint32_t{0});
  store_le(at + 16, r.offset);
  store_le(at + 24, r.length);
}

}  // namespace docteur
