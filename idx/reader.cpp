#include "idx/reader.hpp"

namespace docteur {

result<std::uint32_t> decode_idx_head(bytes head, std::uint64_t at) noexcept {
  cursor from(head, at);
  DOCTEUR_TRY(magic, from.take_be<std::uint32_t>());
  if (magic != kIdxMagic) return fail(errc::bad_magic, at, "no IDX where it should be");
  DOCTEUR_TRY(version, from.take_be<std::uint32_t>());
  if (version != kIdxVersion) return fail(errc::bad_version, at + 4, "unknown IDX version");
  std::uint32_t last = 0;
  for (unsigned first = 0; first < 256; ++first) {
    const std::uint64_t field_at = from.at();
    DOCTEUR_TRY(n, from.take_be<std::uint32_t>());
    if (n < last) return fail(errc::malformed, field_at, "fan-out of IDX decreases");
    last = n;
  }
  return last;
}

std::uint32_t count_wide_offsets(bytes offsets) noexcept {
  std::uint32_t wide = 0;
  for (std::size_t i = 0; i + 4 <= offsets.size(); i += 4) wide += std::to_integer<std::uint32_t>(offsets[i]) >> 7;
  return wide;
}

result<idx_offsets> idx_offsets::open(bytes tables, std::uint32_t count, std::uint64_t pack_limit,
                                      std::uint64_t at) noexcept {
  DOCTEUR_TRY(narrow, slice(tables, 0, std::uint64_t{count} * 4));
  idx_offsets o;
  o.narrow_ = narrow.data();
  o.wide_ = narrow.data() + narrow.size();
  o.wide_count_ = count_wide_offsets(narrow);
  if (o.wide_count_ > (tables.size() - narrow.size()) / 8) return fail(errc::truncated, at, "IDX runs past the end");

  constexpr std::uint64_t kFirstEntry = 12;  // right after the PACK header
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto field = load_be<std::uint32_t>(o.narrow_ + std::size_t{i} * 4);
    if ((field & kIdxWideOffset) != 0 && (field & ~kIdxWideOffset) >= o.wide_count_)
      return fail(errc::out_of_range, at + std::uint64_t{i} * 4, "IDX refers past the end of its 64-bit offsets");
    if (const std::uint64_t offset = o[i]; offset < kFirstEntry || offset >= pack_limit)
      return fail(errc::out_of_range, at + std::uint64_t{i} * 4, "IDX points outside the PACK");
  }
  return o;
}

result<idx_view> idx_view::open(bytes idx, std::uint64_t pack_limit, std::uint64_t at, hash_kind kind) noexcept {
  DOCTEUR_TRY(objects, decode_idx_head(idx, at));
  idx_view v;
  v.data_ = idx.data();
  v.layout_ = idx_layout{objects, 0, kind};
  if (idx.size() < v.layout_.size()) return fail(errc::truncated, at, "IDX runs past the end");
  DOCTEUR_TRY(offsets,
              idx_offsets::open(idx.subspan(v.layout_.offsets()), objects, pack_limit, at + v.layout_.offsets()));
  v.offsets_ = offsets;
  v.layout_.wide = offsets.wide_count();
  if (idx.size() < v.layout_.size()) return fail(errc::truncated, at, "IDX runs past the end");
  return v;
}

// Returns the first row, from `low` to `row`, that holds the id of `row`.
std::uint32_t idx_view::first_of_equals(std::uint32_t low, std::uint32_t row) const noexcept {
  const auto same = [this](std::uint32_t a, std::uint32_t b) { return id(a) == id(b); };
  if (row == low || !same(row - 1, row)) return row;
  std::uint32_t high = row;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (same(middle, row)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return high;
}

// Interpolation search: ids are hashes and evenly spread, so the bytes after the first predict the row of an id, and a
// few steps from there find it. The ids of a crafted IDX may be spread in any way, so the number of steps is bounded,
// and a binary search finishes. Ids that share their first eight bytes all stay between `low` and `high`.
std::optional<std::uint32_t> idx_view::find(const oid& id) const noexcept {
  if (id.kind() != layout_.kind) return std::nullopt;
  const auto leading = [this](std::uint32_t i) { return load_be<std::uint64_t>(id_at(i)); };
  const auto first = std::to_integer<unsigned>(id.view()[0]);
  std::uint32_t low = first == 0 ? 0 : fanout(first - 1);
  std::uint32_t high = fanout(first);
  if (low == high) return std::nullopt;

  constexpr unsigned kSteps = 64;
  const std::uint64_t wanted = load_be<std::uint64_t>(id.view().data());
  const std::uint64_t fraction = load_be<std::uint32_t>(id.view().data() + 1);
  std::uint32_t near = low + static_cast<std::uint32_t>((high - low) * fraction >> 32);
  if (const std::uint64_t there = leading(near); there < wanted) {
    low = near + 1;
    for (unsigned i = 0; i < kSteps && low < high && leading(low) < wanted; ++i) ++low;
    near = low;
  } else if (there > wanted) {
    high = near;
    for (unsigned i = 0; i < kSteps && low < high && leading(high - 1) > wanted; ++i) --high;
    near = high - 1;
  }
  for (; low < high; near = low + (high - low) / 2) {
    const int c = std::memcmp(id_at(near), id.view().data(), id_size(layout_.kind));
    if (c == 0) return first_of_equals(low, near);
    if (c < 0) {
      low = near + 1;
    } else {
      high = near;
    }
  }
  return std::nullopt;
}

}  // namespace docteur
