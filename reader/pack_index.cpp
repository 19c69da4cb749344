#include "reader/pack_index.hpp"

#include <array>

namespace docteur {

result<pack_index> pack_index::load(const device& idx_device, const pack_extent& where, const memory& from,
                                    const limits& bounds, holding what) noexcept {
  pack_index index;
  index.device_ = idx_device;
  index.where_ = where;
  std::array<std::byte, kIdxHeadSize> head;
  DOCTEUR_CHECK(read_exactly(idx_device, where.idx_offset, head));
  DOCTEUR_TRY(objects, decode_idx_head(head, where.idx_offset));
  if (objects > bounds.objects) return fail(errc::too_large, where.idx_offset, "more objects than the limit");
  index.layout_ = {objects, 0, where.kind};
  if (index.layout_.size() > idx_device.size - where.idx_offset)
    return fail(errc::truncated, where.idx_offset, "IDX runs past the end");
  if (idx_device.view != nullptr) {
    const bytes idx = bytes(idx_device.view, idx_device.size).subspan(where.idx_offset);
    DOCTEUR_TRY(view, idx_view::open(idx, where.limit, where.idx_offset, where.kind));
    index.whole_ = view;
    index.offsets_ = view.offsets();
    index.layout_ = view.layout();
  } else if (what == holding::all) {
    DOCTEUR_CHECK(index.hold_all(from));
  } else {
    DOCTEUR_CHECK(index.hold_offsets(from));
  }
  DOCTEUR_TRY(ends, entry_ends::make(index.offsets_, objects, from, where.idx_offset));
  index.ends_ = std::move(ends);
  return index;
}

result<done> pack_index::read_idx(std::uint64_t at, mutable_bytes out) const noexcept {
  return read_exactly(device_, where_.idx_offset + at, out);
}

// The size of the IDX is found in steps: the fan-out has the number of objects, and the 32-bit offsets show how many of
// them are wide.
result<done> pack_index::hold_all(const memory& from) noexcept {
  const std::uint64_t known = layout_.wide_offsets();
  DOCTEUR_TRY(idx, owned_array<std::byte>::make(from, known));
  DOCTEUR_CHECK(read_idx(0, idx.span()));
  layout_.wide = static_cast<std::uint32_t>(count_wide_offsets(bytes{idx.span()}.subspan(layout_.offsets())));
  if (layout_.size() > device_.size - where_.idx_offset)
    return fail(errc::truncated, where_.idx_offset, "IDX runs past the end");
  DOCTEUR_CHECK(idx.set_capacity(layout_.size()));
  DOCTEUR_CHECK(idx.resize(layout_.size()));
  DOCTEUR_CHECK(read_idx(known, idx.span().subspan(known)));
  DOCTEUR_TRY(view, idx_view::open(idx.span(), where_.limit, where_.idx_offset, where_.kind));
  copy_ = std::move(idx);
  whole_ = view;
  offsets_ = view.offsets();
  return done{};
}

result<done> pack_index::hold_offsets(const memory& from) noexcept {
  const std::uint64_t narrow = std::uint64_t{layout_.objects} * 4;
  DOCTEUR_TRY(tables, owned_array<std::byte>::make(from, narrow));
  DOCTEUR_CHECK(read_idx(layout_.offsets(), tables.span()));
  layout_.wide = static_cast<std::uint32_t>(count_wide_offsets(tables.span()));
  if (layout_.size() > device_.size - where_.idx_offset)
    return fail(errc::truncated, where_.idx_offset, "IDX runs past the end");
  if (layout_.wide > 0) {
    DOCTEUR_CHECK(tables.set_capacity(narrow + std::uint64_t{layout_.wide} * 8));
    DOCTEUR_CHECK(tables.resize(tables.capacity()));
    DOCTEUR_CHECK(read_idx(layout_.wide_offsets(), tables.span().subspan(narrow)));
  }
  DOCTEUR_TRY(offsets,
              idx_offsets::open(tables.span(), layout_.objects, where_.limit, where_.idx_offset + layout_.offsets()));
  copy_ = std::move(tables);
  offsets_ = offsets;
  return done{};
}

result<oid> pack_index::id(std::uint32_t position) const noexcept {
  if (whole_) return whole_->id(position);
  oid id(layout_.kind);
  DOCTEUR_CHECK(read_idx(layout_.ids() + std::uint64_t{position} * id_size(layout_.kind), id.view()));
  return id;
}

result<oid> pack_index::pack_checksum() const noexcept {
  oid checksum(layout_.kind);
  DOCTEUR_CHECK(read_idx(layout_.pack_checksum(), checksum.view()));
  return checksum;
}

result<std::optional<std::uint32_t>> pack_index::find(const oid& wanted) const noexcept {
  if (whole_) return whole_->find(wanted);
  if (wanted.kind() != layout_.kind) return std::nullopt;
  const auto first = std::to_integer<std::uint64_t>(wanted.view()[0]);
  std::array<std::byte, 8> fanout{};  // the fan-out of the byte before the id's first byte, and of that byte
  DOCTEUR_CHECK(first == 0 ? read_idx(layout_.fanout(), mutable_bytes{fanout}.subspan(4))
                           : read_idx(layout_.fanout() + (first - 1) * 4, fanout));
  std::uint32_t low = load_be<std::uint32_t>(fanout.data());
  std::uint32_t high = load_be<std::uint32_t>(fanout.data() + 4);
  if (high > layout_.objects) return fail(errc::malformed, where_.idx_offset, "fan-out of IDX changed");
  std::optional<std::uint32_t> found;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    DOCTEUR_TRY(there, id(middle));
    if (there < wanted) {
      low = middle + 1;
      continue;
    }
    if (there == wanted) found = middle;
    high = middle;
  }
  return found;
}

}  // namespace docteur
