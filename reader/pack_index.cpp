#include "reader/pack_index.hpp"

#include <algorithm>
#include <array>

namespace docteur {
namespace {

// The IDX's size is known in steps: the fan-out tells the number of objects, their offsets how many are wide.
result<owned_array<std::byte>> read_idx(const device& from, std::uint64_t at, const memory& mem,
                                        const limits& bounds) noexcept {
  std::array<std::byte, kIdxHeadSize> head;
  DOCTEUR_CHECK(read_exactly(from, at, head));
  DOCTEUR_TRY(objects, decode_idx_head(head, at));
  if (objects > bounds.objects) return fail(errc::too_large, at, "more objects than the limit");
  idx_layout layout{objects, 0};
  if (layout.size() > from.size - at) return fail(errc::truncated, at, "IDX runs past the end");
  DOCTEUR_TRY(idx, owned_array<std::byte>::make(mem, layout.wide_offsets()));
  DOCTEUR_CHECK(read_exactly(from, at, idx.span()));
  layout.wide = static_cast<std::uint32_t>(count_wide_offsets(bytes{idx.span()}.subspan(layout.offsets())));
  if (layout.size() > from.size - at) return fail(errc::truncated, at, "IDX runs past the end");
  const std::size_t have = idx.size();
  DOCTEUR_CHECK(idx.set_capacity(layout.size()));
  DOCTEUR_CHECK(idx.resize(layout.size()));
  DOCTEUR_CHECK(read_exactly(from, at + have, idx.span().subspan(have)));
  return idx;
}

}  // namespace

result<pack_index> pack_index::load(const device& idx_device, const pack_extent& where, const memory& from,
                                    const limits& bounds) noexcept {
  pack_index index;
  index.where_ = where;
  if (where.idx_offset > idx_device.size) return fail(errc::truncated, where.idx_offset, "IDX runs past the end");
  bytes idx;
  if (idx_device.view != nullptr) {
    idx = bytes(idx_device.view, idx_device.size).subspan(where.idx_offset);
    DOCTEUR_TRY(objects, decode_idx_head(idx, where.idx_offset));
    if (objects > bounds.objects) return fail(errc::too_large, where.idx_offset, "more objects than the limit");
  } else {
    DOCTEUR_TRY(copy, read_idx(idx_device, where.idx_offset, from, bounds));
    index.copy_ = std::move(copy);
    idx = index.copy_.span();
  }
  DOCTEUR_TRY(view, idx_view::open(idx, where.limit, where.idx_offset));
  index.idx_ = view;
  DOCTEUR_CHECK(index.sort_by_offset(from));
  return index;
}

// Least significant digit first: a few passes over the positions, no comparison.
result<done> pack_index::sort_by_offset(const memory& from) noexcept {
  constexpr unsigned kDigit = 11;  // bits
  constexpr std::size_t kValues = std::size_t{1} << kDigit;
  const std::uint32_t n = idx_.count();
  DOCTEUR_TRY(order, owned_array<std::uint32_t>::make(from, n));
  DOCTEUR_TRY(other, owned_array<std::uint32_t>::make(from, n));
  DOCTEUR_TRY(ends, owned_array<std::uint32_t>::make(from, kValues));
  std::uint64_t bits = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    order[i] = i;
    bits |= idx_.offset(i);
  }
  for (unsigned shift = 0; shift < 64 && bits >> shift != 0; shift += kDigit) {
    const auto digit = [&](std::uint32_t i) { return idx_.offset(i) >> shift & (kValues - 1); };
    std::fill(ends.begin(), ends.end(), 0u);
    for (std::uint32_t i = 0; i < n; ++i) ++ends[digit(i)];
    std::uint32_t before = 0;
    for (std::uint32_t& e : ends.span()) before += std::exchange(e, before);
    for (std::uint32_t i = 0; i < n; ++i) other[ends[digit(order[i])]++] = order[i];
    std::swap(order, other);
  }
  for (std::uint32_t i = 1; i < n; ++i)
    if (idx_.offset(order[i - 1]) == idx_.offset(order[i]))
      return fail(errc::malformed, where_.idx_offset, "two objects at one offset");
  order_ = std::move(order);
  return done{};
}

std::uint64_t pack_index::entry_limit(std::uint64_t offset) const noexcept {
  const auto next = std::upper_bound(order_.begin(), order_.end(), offset,
                                     [this](std::uint64_t o, std::uint32_t i) { return o < idx_.offset(i); });
  return next == order_.end() ? where_.limit : idx_.offset(*next);
}

}  // namespace docteur
