#include "host/first_reads.hpp"

#include <algorithm>
#include <array>

#include "idx/format.hpp"
#include "layout/section_table.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kPathSize = 10;           // bytes of the path section for each object: 8 are usual
constexpr std::uint64_t kMostGuess = 1 << 20;     // bytes before the table that are fetched along with it
constexpr std::uint64_t kMostEntry = 64 << 10;    // bytes of an entry, as the reader reads them at first
constexpr std::uint64_t kMostSections = 4 << 20;  // bytes

}  // namespace

std::optional<first_bytes> read_first_bytes(const device& d) {
  std::array<std::byte, kHeaderSize + kPackHeaderSize> head;
  if (d.size < head.size() || !read_exactly(d, 0, head)) return std::nullopt;
  const auto header = decode_image_header(head, d.size);
  if (!header || header->idx_offset < head.size() + kSectionTableSize) return std::nullopt;
  return first_bytes{*header, load_be<std::uint32_t>(head.data() + kPackOffset + 8)};
}

void prefetch_first_reads(image_device& of, const first_bytes& first, paths_from source) {
  const device d = of.view();
  const std::uint64_t objects = first.objects;
  const std::uint64_t idx = first.header.idx_offset;

  // The sections that end at the table, the table, and the head of IDX; then what of IDX is kept in memory.
  const std::uint64_t before = std::min({objects * kPathSize, kMostGuess, idx - kSectionTableSize});
  const idx_layout layout{static_cast<std::uint32_t>(objects), 0, hash_kind::sha1};
  if (source == paths_from::section) {
    of.prefetch(idx - kSectionTableSize - before, before + kSectionTableSize + kIdxHeadSize);
    of.prefetch(idx + layout.offsets(), layout.size() - layout.offsets());
  } else {
    of.prefetch(idx - kSectionTableSize, kSectionTableSize + layout.size());
  }
  section_table_bytes raw;
  if (!read_exactly(d, idx - kSectionTableSize, raw) || !has_section_table_magic(raw)) return;
  const auto table = decode_section_table(raw, idx);
  if (!table) return;
  if (table->kind() == hash_kind::sha256) {
    const idx_layout wide{static_cast<std::uint32_t>(objects), 0, hash_kind::sha256};
    of.prefetch(idx + wide.offsets(), wide.size() - wide.offsets());
  }
  if (source == paths_from::section)
    if (const section* s = table->find(section_type::paths)) of.prefetch(s->offset, std::min(s->length, kMostSections));
  if (const section* s = table->find(section_type::restart)) of.prefetch(s->offset, std::min(s->length, kMostGuess));
}

void prefetch_content(image_device& of, const image& from, const node& n) {
  if (n.kind == entry_kind::submodule) return;
  const std::uint64_t offset = from.offset(n);
  of.prefetch(kPackOffset + offset, std::min(from.index().entry_limit(offset) - offset, kMostEntry));
  const idx_layout layout{from.index().count(), 0, from.kind()};
  const std::uint64_t size = id_size(from.kind());
  of.prefetch(from.header().idx_offset + layout.ids() + std::uint64_t{n.position} * size, size);
}

}  // namespace docteur
