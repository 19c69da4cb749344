#include "update/entry_table.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>

#include "layout/image_header.hpp"
#include "reader/limits.hpp"
#include "verify/entry_listing.hpp"
#include "verify/loaded_idx.hpp"

namespace docteur {

result<image_frame> image_frame::read(const device& from) noexcept {
  image_header_bytes head{};
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), from.size));
  DOCTEUR_CHECK(read_exactly(from, 0, mutable_bytes{head}.first(room)));
  DOCTEUR_TRY(header, decode_image_header(bytes{head}.first(room), from.size));
  image_frame f;
  f.idx_offset = header.idx_offset;
  f.pack_end = f.idx_offset - kPackOffset - pack_trailer_size(f.kind);
  if (f.idx_offset < kPackOffset + kLeastPackSize + kSectionTableSize) return f;
  section_table_bytes raw;
  DOCTEUR_CHECK(read_exactly(from, f.idx_offset - kSectionTableSize, raw));
  if (!has_section_table_magic(raw)) return f;
  DOCTEUR_TRY(table, decode_section_table(raw, f.idx_offset));
  f.has_table = true;
  f.table = table;
  f.kind = table.kind();
  f.pack_end = table.pack_size - pack_trailer_size(f.kind);
  return f;
}

std::uint32_t crc_without_head(std::uint32_t whole, bytes head, std::uint64_t rest) {
  // CRC-32s are linear: that of the head followed by zeros, and that of what follows, differ from the whole's by XOR.
  const auto of_head = libdeflate_crc32(0, head.data(), head.size());
  return whole ^ static_cast<std::uint32_t>(crc32_combine64(of_head, 0, static_cast<z_off64_t>(rest)));
}

outcome<result<entry_table>> entry_table::load(const device& from, const image_frame& frame) {
  using answer = result<entry_table>;
  const section* where = frame.has_table ? frame.table.find(section_type::entries) : nullptr;
  if (where == nullptr) return answer(fail(errc::not_found, frame.idx_offset, "the image has no entry section"));
  DOCTEUR_TRY(idx, loaded_idx::load(from, frame.idx_offset, frame.pack_end, limits{}.objects, frame.kind));
  if (!idx) return answer(tl::make_unexpected(idx.error()));
  const idx_view& view = idx->view();

  entry_table t;
  t.offsets_.reserve(view.count() + std::size_t{1});
  for (const std::uint32_t position : idx->order()) t.offsets_.push_back(view.offset(position));
  if (t.offsets_.empty() || t.offsets_.front() != kPackHeaderSize)
    return answer(fail(errc::malformed, frame.idx_offset, "no entry where the PACK begins"));
  t.offsets_.push_back(frame.pack_end);
  t.outlines_.reserve(view.count());
  const auto take = [&t](const entry_outline& e, std::uint64_t) {
    t.outlines_.push_back(e);
    return true;
  };
  DOCTEUR_TRY(listed, list_entries(from, *where, view.count(), take));
  if (!listed) return answer(tl::make_unexpected(listed.error()));

  t.ids_.reserve(t.count());
  for (const std::uint32_t position : idx->order()) t.ids_.push_back(view.id(position));
  t.crcs_.resize(t.count());
  for (std::size_t i = 0; i < t.count(); ++i) {
    const encoded_entry_header head = t.header(i);
    const std::uint64_t size = t.offsets_[i + 1] - t.offsets_[i];
    if (head.size >= size) return answer(fail(errc::malformed, t.at(i), "no room for the stream of an entry"));
    t.crcs_[i] = crc_without_head(view.crc(idx->order()[i]), head.view(), size - head.size);
  }
  return answer(std::move(t));
}

std::uint64_t entry_table::at(std::size_t i) const noexcept { return kPackOffset + offsets_[i]; }

encoded_entry_header entry_table::header(std::size_t i) const noexcept {
  const entry_outline& e = outlines_[i];
  const std::uint64_t base = e.type == entry_type::ofs_delta ? offsets_[i - e.entries_back] : 0;
  return encode_entry_header({e.type, 0, e.size, base, {}}, offsets_[i]);
}

entry_stream entry_table::stream(std::size_t i) const noexcept {
  const std::uint64_t begin = at(i) + header(i).size;
  return {begin, at(i + 1) - begin, crcs_[i]};
}

std::size_t entry_table::find(std::uint64_t at) const noexcept {
  const auto behind = std::ranges::upper_bound(offsets_, at - kPackOffset);
  return static_cast<std::size_t>(behind - offsets_.begin()) - 1;
}

}  // namespace docteur
