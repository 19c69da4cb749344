#include "idx/reader.hpp"

namespace docteur {

result<std::uint32_t> decode_idx_head(bytes head, std::uint64_t at) noexcept {
  cursor from(head, at);
  DOCTEUR_TRY(magic, from.take_be<std::uint32_t>());
  if (magic != kIdxMagic) return fail(errc::bad_magic, at, "no IDX where it should be");
  DOCTEUR_TRY(version, from.take_be<std::uint32_t>());
  if (version != kIdxVersion) return fail(errc::bad_version, at + 4, "IDX version");
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

result<idx_view> idx_view::open(bytes idx, std::uint64_t pack_limit, std::uint64_t at) noexcept {
  DOCTEUR_TRY(objects, decode_idx_head(idx, at));
  idx_view v;
  v.data_ = idx.data();
  v.layout_ = idx_layout{objects, 0};
  if (idx.size() < v.layout_.size()) return fail(errc::truncated, at, "IDX runs past the end");
  v.layout_.wide = count_wide_offsets(idx.subspan(v.layout_.offsets(), std::uint64_t{objects} * 4));
  if (idx.size() < v.layout_.size()) return fail(errc::truncated, at, "IDX runs past the end");

  constexpr std::uint64_t kFirstEntry = 12;  // behind the PACK header
  const std::uint64_t table = v.layout_.offsets();
  for (std::uint32_t i = 0; i < objects; ++i) {
    const auto narrow = load_be<std::uint32_t>(v.at(table + std::uint64_t{i} * 4));
    if ((narrow & kIdxWideOffset) != 0 && (narrow & ~kIdxWideOffset) >= v.layout_.wide)
      return fail(errc::out_of_range, at + table + std::uint64_t{i} * 4, "IDX points behind its 64-bit offsets");
    if (const std::uint64_t offset = v.offset(i); offset < kFirstEntry || offset >= pack_limit)
      return fail(errc::out_of_range, at + table + std::uint64_t{i} * 4, "IDX points outside the PACK");
  }
  return v;
}

std::optional<std::uint32_t> idx_view::find(const oid& id) const noexcept {
  const auto first = std::to_integer<unsigned>(id.raw[0]);
  std::uint32_t low = first == 0 ? 0 : fanout(first - 1);
  std::uint32_t high = fanout(first);
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const int c = std::memcmp(at(layout_.ids() + std::uint64_t{middle} * kOidSize), id.raw.data(), kOidSize);
    if (c == 0) return middle;
    if (c < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

}  // namespace docteur
