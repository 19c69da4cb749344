#include "layout/section_table.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "layout/image_header.hpp"

namespace docteur {
namespace {

// Offsets in the table.
constexpr std::size_t kVersionAt = 0x08;
constexpr std::size_t kCountAt = 0x0c;
constexpr std::size_t kRequiredAt = 0x10;
constexpr std::size_t kOptionalAt = 0x18;
constexpr std::size_t kPackSizeAt = 0x20;
constexpr std::size_t kBlockSizeAt = 0x28;
constexpr std::size_t kReservedAt = 0x2c;  // 4 bytes
constexpr std::size_t kBuilderAt = 0x30;
constexpr std::size_t kEntriesAt = 0x50;
constexpr std::size_t kEntrySize = 24;
constexpr std::size_t kCommitAt = 0x1d0;  // 32 bytes
constexpr std::size_t kCrcAt = 0x1fc;
static_assert(kBuilderAt + kBuilderSize == kEntriesAt);
static_assert(kEntriesAt + kMaxSections * kEntrySize <= kCommitAt);

// Offsets in an entry.
constexpr std::size_t kEntryTypeAt = 0;
constexpr std::size_t kEntryCrcAt = 4;
constexpr std::size_t kEntryOffsetAt = 8;
constexpr std::size_t kEntryLengthAt = 16;

bool all_zero(bytes b) noexcept {
  return std::ranges::all_of(b, [](std::byte v) { return v == std::byte{0}; });
}

std::uint32_t table_crc(const std::byte* table) noexcept { return libdeflate_crc32(0, table, kCrcAt); }

}  // namespace

std::string_view section_name(section_type type) noexcept {
  switch (type) {
    case section_type::restart: return "restart section";
    case section_type::paths: return "path section";
    case section_type::tags: return "tag section";
    case section_type::digests: return "digest section";
    case section_type::versions: return "versions section";
    case section_type::entries: return "entry section";
    case section_type::origin: return "origin section";
    case section_type::files: return "list section";
  }
  return {};
}

const section* section_table::find(section_type type) const noexcept {
  for (const section& s : sections())
    if (s.type == type) return &s;
  return nullptr;
}

std::string_view section_table::builder_text() const noexcept {
  return {builder.data(), static_cast<std::size_t>(std::ranges::find(builder, '\0') - builder.begin())};
}

bool has_section_table_magic(bytes table) noexcept {
  return table.size() >= kSectionTableMagic.size() &&
         as_text(table.first(kSectionTableMagic.size())) == kSectionTableMagic;
}

result<section_table> decode_section_table(bytes table, std::uint64_t idx_offset) noexcept {
  // Without this check the sums below could wrap: a table may begin inside the header, with its magic in the commit id.
  if (idx_offset < kPackOffset + kLeastPackSize + kSectionTableSize)
    return fail(errc::out_of_range, kHeaderIdxOffset, "no room for a section table before IDX");
  const std::uint64_t at = idx_offset - kSectionTableSize;
  if (table.size() != kSectionTableSize) return fail(errc::truncated, at, "section table is cut short");
  if (!has_section_table_magic(table)) return fail(errc::bad_magic, at, "no section table");
  const std::byte* p = table.data();
  if (load_le<std::uint32_t>(p + kCrcAt) != table_crc(p))
    return fail(errc::bad_checksum, at + kCrcAt, "checksum of the section table");
  if (load_le<std::uint32_t>(p + kVersionAt) != kFormatVersion)
    return fail(errc::bad_version, at + kVersionAt, "unknown version of the section table");

  section_table t;
  t.count = load_le<std::uint32_t>(p + kCountAt);
  t.required = load_le<std::uint64_t>(p + kRequiredAt);
  t.optional = load_le<std::uint64_t>(p + kOptionalAt);
  t.pack_size = load_le<std::uint64_t>(p + kPackSizeAt);
  t.block_size = load_le<std::uint32_t>(p + kBlockSizeAt);
  std::memcpy(t.builder.data(), p + kBuilderAt, kBuilderSize);
  if ((t.required & ~kKnownRequiredFeatures) != 0)
    return fail(errc::bad_version, at + kRequiredAt, "image needs a feature this reader does not know");
  if (t.count > kMaxSections) return fail(errc::malformed, at + kCountAt, "too many sections");
  if (t.block_size < 512 || t.block_size % 512 != 0) return fail(errc::malformed, at + kBlockSizeAt, "bad block size");
  if (!all_zero(table.subspan(kReservedAt, kBuilderAt - kReservedAt)))
    return fail(errc::malformed, at + kReservedAt, "reserved bytes of the section table are not zero");
  const std::size_t used = kEntriesAt + t.count * kEntrySize;
  const std::size_t behind = t.kind() == hash_kind::sha256 ? kCommitAt + id_size(hash_kind::sha256) : kCommitAt;
  if (!all_zero(table.subspan(used, kCommitAt - used)) || !all_zero(table.subspan(behind, kCrcAt - behind)))
    return fail(errc::malformed, at + used, "reserved bytes of the section table are not zero");
  if (t.kind() == hash_kind::sha256) t.commit = oid::from(p + kCommitAt, t.kind());
  if (t.pack_size < kPackHeaderSize + pack_trailer_size(t.kind()) || t.pack_size > at - kPackOffset)
    return fail(errc::out_of_range, at + kPackSizeAt, "bad PACK size");

  std::uint64_t free_from = kPackOffset + t.pack_size;
  for (std::size_t i = 0; i < t.count; ++i) {
    const std::size_t entry = kEntriesAt + i * kEntrySize;
    section& s = t.entries[i];
    s.type = section_type{load_le<std::uint32_t>(p + entry + kEntryTypeAt)};
    s.crc = load_le<std::uint32_t>(p + entry + kEntryCrcAt);
    s.offset = load_le<std::uint64_t>(p + entry + kEntryOffsetAt);
    s.length = load_le<std::uint64_t>(p + entry + kEntryLengthAt);
    if (s.offset < free_from || s.offset > at || s.length > at - s.offset)
      return fail(errc::out_of_range, at + entry, "section overlaps another or is outside the space for sections");
    if (s.offset % t.block_size != 0) return fail(errc::malformed, at + entry, "section is not aligned");
    if (std::any_of(t.entries.begin(), t.entries.begin() + i, [&](const section& o) { return o.type == s.type; }))
      return fail(errc::malformed, at + entry, "duplicate section type");
    free_from = s.offset + s.length;
  }
  return t;
}

section_table_bytes encode_section_table(const section_table& t) noexcept {
  section_table_bytes out{};
  std::byte* p = out.data();
  std::memcpy(p, kSectionTableMagic.data(), kSectionTableMagic.size());
  store_le(p + kVersionAt, kFormatVersion);
  store_le(p + kCountAt, t.count);
  store_le(p + kRequiredAt, t.required);
  store_le(p + kOptionalAt, t.optional);
  store_le(p + kPackSizeAt, t.pack_size);
  store_le(p + kBlockSizeAt, t.block_size);
  std::memcpy(p + kBuilderAt, t.builder.data(), kBuilderSize);
  for (std::size_t i = 0; i < t.count; ++i) {
    std::byte* e = p + kEntriesAt + i * kEntrySize;
    store_le(e + kEntryTypeAt, static_cast<std::uint32_t>(t.entries[i].type));
    store_le(e + kEntryCrcAt, t.entries[i].crc);
    store_le(e + kEntryOffsetAt, t.entries[i].offset);
    store_le(e + kEntryLengthAt, t.entries[i].length);
  }
  if (t.kind() == hash_kind::sha256) std::ranges::copy(t.commit.view(), p + kCommitAt);
  store_le(p + kCrcAt, table_crc(p));
  return out;
}

}  // namespace docteur
