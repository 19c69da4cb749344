#include "update/stream_index.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "layout/image_header.hpp"
#include "pack/entry.hpp"
#include "reader/limits.hpp"
#include "verify/loaded_idx.hpp"
#include "verify/read_range.hpp"

namespace docteur {
namespace {

auto key_of(const entry_stream& s) { return std::tuple(s.crc, s.size); }

}  // namespace

outcome<result<stream_index>> stream_index::load(const device& from) {
  using answer = result<stream_index>;
  const auto frame = image_frame::read(from);
  if (!frame) return answer(tl::make_unexpected(frame.error()));
  DOCTEUR_TRY(idx, loaded_idx::load(from, frame->idx_offset, frame->pack_end, limits{}.objects, frame->kind));
  if (!idx) return answer(tl::make_unexpected(idx.error()));
  const idx_view& view = idx->view();
  const auto order = idx->order();

  stream_index found;
  found.streams_.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool is_last = i + 1 == order.size();
    if (is_last && !frame->has_table) break;
    const std::uint64_t offset = view.offset(order[i]);
    const std::uint64_t size = (is_last ? frame->pack_end : view.offset(order[i + 1])) - offset;
    std::array<std::byte, kMaxEntryHeader> raw;
    const auto head = mutable_bytes{raw}.first(std::min<std::uint64_t>(raw.size(), size));
    DOCTEUR_CHECK(read_range(from, kPackOffset + offset, head));
    const auto h = decode_entry_header(head, offset, kPackOffset + offset, frame->kind);
    if (!h || h->header_size >= size) continue;
    const std::uint64_t rest = size - h->header_size;
    found.streams_.push_back({kPackOffset + offset + h->header_size, rest,
                              crc_without_head(view.crc(order[i]), head.first(h->header_size), rest)});
  }
  std::ranges::sort(found.streams_, {}, [](const entry_stream& s) { return std::tuple(s.crc, s.size, s.at); });
  return answer(std::move(found));
}

const entry_stream* stream_index::find(std::uint64_t size, std::uint32_t crc) const noexcept {
  const auto there = std::ranges::lower_bound(streams_, std::tuple(crc, size), {}, key_of);
  return there != streams_.end() && there->crc == crc && there->size == size ? &*there : nullptr;
}

}  // namespace docteur
