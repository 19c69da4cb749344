#include "reader/image.hpp"

#include <array>

#include "object/bytes.hpp"

namespace docteur {

result<image> image::attach(const device& d, const memory& from, const limits& bounds, paths_from source) noexcept {
  image i;
  i.device_ = d;
  i.memory_ = from;
  i.bounds_ = bounds;
  i.source_ = source;
  DOCTEUR_CHECK(i.read_sections());
  DOCTEUR_CHECK(i.read_index());
  if (!i.sections_) return i;
  DOCTEUR_CHECK(i.check_pack_trailer());
  if (const section* s = i.sections_->find(section_type::restart)) {
    DOCTEUR_TRY(restarts, restart_index::open(d, *s));
    i.restarts_ = restarts;
  }
  return i;
}

const section* image::path_section() const noexcept {
  return source_ == paths_from::section && sections_ ? sections_->find(section_type::paths) : nullptr;
}

result<done> image::read_sections() noexcept {
  image_header_bytes head{};
  if (device_.size < head.size()) return fail(errc::truncated, 0, "shorter than an image header");
  DOCTEUR_CHECK(read_exactly(device_, 0, head));
  DOCTEUR_TRY(header, decode_image_header(head, device_.size));
  header_ = header;

  if (header_.idx_offset < kPackOffset + kLeastPackSize + kSectionTableSize) return done{};
  section_table_bytes raw;
  DOCTEUR_CHECK(read_exactly(device_, header_.idx_offset - kSectionTableSize, raw));
  if (!has_section_table_magic(raw)) return done{};
  DOCTEUR_TRY(table, decode_section_table(raw, header_.idx_offset));
  sections_ = table;
  return done{};
}

result<done> image::read_index() noexcept {
  std::array<std::byte, kPackHeaderSize> pack_head;
  DOCTEUR_CHECK(read_exactly(device_, kPackOffset, pack_head));
  if (load_be<std::uint32_t>(pack_head.data()) != kPackMagic)
    return fail(errc::bad_magic, kPackOffset, "no PACK where it should be");
  if (load_be<std::uint32_t>(pack_head.data() + 4) != kPackVersion)
    return fail(errc::bad_version, kPackOffset + 4, "unknown PACK version");

  const std::uint64_t pack_size = sections_ ? sections_->pack_size : header_.idx_offset - kPackOffset;
  const pack_extent where{kPackOffset, pack_size - pack_trailer_size(kind()), header_.idx_offset, kind()};
  const auto holding = path_section() != nullptr ? pack_index::holding::offsets : pack_index::holding::all;
  DOCTEUR_TRY(index, pack_index::load(device_, where, memory_, bounds_, holding));
  index_ = std::move(index);
  if (index_.count() != load_be<std::uint32_t>(pack_head.data() + 8))
    return fail(errc::malformed, kPackOffset + 8, "PACK and IDX have different numbers of objects");
  if (index_.count() >= 1u << kPositionBits) return fail(errc::too_large, kPackOffset + 8, "too many objects");
  return done{};
}

result<done> image::check_pack_trailer() const noexcept {
  oid trailer(kind());
  const std::uint64_t at = kPackOffset + index_.where().limit;
  DOCTEUR_CHECK(read_exactly(device_, at, trailer.view()));
  DOCTEUR_TRY(checksum, index_.pack_checksum());
  if (trailer != checksum) return fail(errc::bad_checksum, at, "IDX belongs to another PACK");
  return done{};
}

}  // namespace docteur
