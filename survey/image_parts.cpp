#include "survey/image_parts.hpp"

#include <algorithm>

#include "idx/format.hpp"

namespace docteur {
namespace {

// Bytes before IDX in which the trailer is searched for: twice the largest block size.
constexpr std::uint64_t kTrailerWindow = std::uint64_t{2} << 20;
constexpr std::uint64_t kSector = 512;

std::string name_of(section_type type) {
  switch (type) {
    case section_type::restart: return "restart section";
    case section_type::paths: return "path section";
    case section_type::tags: return "tag section";
    case section_type::digests: return "digest section";
    case section_type::versions: return "versions section";
    case section_type::entries: return "entry section";
  }
  return "section of type " + std::to_string(static_cast<std::uint32_t>(type));
}

std::uint64_t idx_size(const pack_index& index) {
  idx_layout layout{index.count(), 0, index.kind()};
  // Git writes 64-bit offsets only where 31 bits are too few.
  for (std::uint32_t i = 0; i < index.count(); ++i)
    if (index.offset(i) >= kIdxWideOffset) ++layout.wide;
  return layout.size();
}

}  // namespace

result<std::uint64_t> end_of_entries(const image& of) {
  const pack_extent& pack = of.index().where();
  if (of.sections()) return pack.limit;
  DOCTEUR_TRY(checksum, of.index().pack_checksum());
  const std::uint64_t end = pack.limit + pack_trailer_size(pack.kind);  // of the PACK with its padding
  const std::uint64_t begin = std::max(kPackHeaderSize, end - std::min(end, kTrailerWindow));
  std::vector<std::byte> tail(end - begin);
  DOCTEUR_CHECK(read_exactly(of.disk(), pack.start + begin, tail));
  const auto found = std::find_end(tail.begin(), tail.end(), checksum.view().begin(), checksum.view().end());
  if (found == tail.end()) return pack.limit;
  const std::uint64_t at = begin + static_cast<std::uint64_t>(found - tail.begin());
  // If an entry begins behind it, this is not the trailer.
  for (std::uint32_t i = 0; i < of.index().count(); ++i)
    if (of.index().offset(i) >= at) return pack.limit;
  return at;
}

image_layout survey_parts(const image& of, const std::vector<surveyed_object>& objects, std::uint64_t end) {
  std::vector<image_part> parts = {
      {part_kind::frame, "image header", kHeaderSize},
      {part_kind::frame, "PACK header and trailer", kPackHeaderSize + pack_trailer_size(of.kind())}};
  std::uint64_t block = kSector;
  if (of.sections()) {
    for (const section& s : of.sections()->sections()) parts.push_back({part_kind::section, name_of(s.type), s.length});
    parts.push_back({part_kind::section, "section table", kSectionTableSize});
    block = std::max<std::uint64_t>(block, of.sections()->block_size);
  }
  const std::uint64_t idx = idx_size(of.index());
  parts.push_back({part_kind::index, "IDX", idx});

  const std::uint64_t size = std::min(of.disk().size, round_up(of.header().idx_offset + idx, block));
  std::uint64_t used = objects.empty() ? 0 : end - objects.front().offset;
  for (const image_part& p : parts) used += p.bytes;
  parts.push_back({part_kind::frame, "padding", size - std::min(size, used)});
  return {size, std::move(parts)};
}

}  // namespace docteur
