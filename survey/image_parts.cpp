#include "survey/image_parts.hpp"

#include <algorithm>

#include "idx/format.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kSector = 512;

std::string name_of(section_type type) {
  const std::string_view name = section_name(type);
  return name.empty() ? "section of type " + std::to_string(static_cast<std::uint32_t>(type)) : std::string(name);
}

std::uint64_t idx_size(const pack_index& index) {
  idx_layout layout{index.count(), 0, index.kind()};
  // Git writes 64-bit offsets only where 31 bits are too few.
  for (std::uint32_t i = 0; i < index.count(); ++i)
    if (index.offset(i) >= kIdxWideOffset) ++layout.wide;
  return layout.size();
}

}  // namespace

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
