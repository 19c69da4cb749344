#include "verify/loaded_idx.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace docteur {

outcome<result<loaded_idx>> loaded_idx::load(const device& d, std::uint64_t at, std::uint64_t pack_limit,
                                             std::uint32_t most, hash_kind kind) {
  using answer = result<loaded_idx>;
  const std::uint64_t room = d.size - at;
  std::array<std::byte, kIdxHeadSize> raw;
  const bytes head = bytes{raw}.first(static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), room)));
  DOCTEUR_CHECK(read_range(d, at, mutable_bytes{raw}.first(head.size())));
  const auto objects = decode_idx_head(head, at);
  if (!objects) return answer(tl::make_unexpected(objects.error()));
  if (*objects > most) return answer(fail(errc::too_large, at, "more objects than the limit"));

  // The number of 64-bit offsets is known only once the offsets are read: at most all of them.
  const std::uint64_t largest = std::min(room, idx_layout{*objects, *objects, kind}.size());
  loaded_idx idx;
  DOCTEUR_TRY(all, read_range(d, at, static_cast<std::size_t>(largest), idx.memory_));
  const auto view = idx_view::open(all, pack_limit, at, kind);
  if (!view) return answer(tl::make_unexpected(view.error()));
  idx.view_ = *view;
  idx.order_.resize(*objects);
  std::iota(idx.order_.begin(), idx.order_.end(), 0u);
  const auto offset = [&view](std::uint32_t position) { return view->offset(position); };
  std::ranges::sort(idx.order_, {}, offset);
  const auto twice = std::ranges::adjacent_find(idx.order_, {}, offset);
  if (twice != idx.order_.end())
    return answer(
        fail(errc::malformed, at + view->layout().offsets() + std::uint64_t{*twice} * 4, "two objects at one offset"));
  return answer(std::move(idx));
}

}  // namespace docteur
