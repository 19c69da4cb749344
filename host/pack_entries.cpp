#include "host/pack_entries.hpp"

#include <algorithm>
#include <numeric>

#include "host/describe.hpp"
#include "host/heap.hpp"
#include "pack/format.hpp"
#include "pack/inflate.hpp"

namespace docteur {
namespace {

// Bytes before IDX in which the trailer is searched for: twice the largest block size.
constexpr std::uint64_t kTrailerWindow = std::uint64_t{2} << 20;
constexpr std::uint64_t kAhead = 256 << 10;  // bytes read at once

// Reads headers in the order of the PACK, many with one read where entries are small.
class header_window {
 public:
  explicit header_window(const device& from) : device_(from) {}

  // Returns the bytes from `at`, which is in the image, at most `most`.
  result<bytes> get(std::uint64_t at, std::uint64_t most) {
    if (at < begin_ || at + most > begin_ + held_.size()) {
      begin_ = at;
      held_.resize(static_cast<std::size_t>(std::min(kAhead, device_.size - at)));
      DOCTEUR_CHECK(read_exactly(device_, at, held_));
    }
    return bytes(held_).subspan(static_cast<std::size_t>(at - begin_), static_cast<std::size_t>(most));
  }

 private:
  device device_;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> held_;
};

result<done> read_place(header_window& window, pack_entries& all, pack_place& p) {
  const std::uint64_t at = kPackOffset + p.offset;
  DOCTEUR_TRY(head, window.get(at, std::min<std::uint64_t>(kMaxEntryHeader, p.end - p.offset)));
  DOCTEUR_TRY(h, decode_entry_header(head, p.offset, at, all.kind));
  p.type = h.type;
  p.size = h.size;
  p.header_size = h.header_size;
  if (!is_plausible_size(p.size, p.stream_size())) return fail(errc::malformed, at, "size of a PACK entry");
  if (h.type == entry_type::ofs_delta) {
    const auto base = std::ranges::lower_bound(all.places, h.base_offset, {}, &pack_place::offset);
    if (base->offset != h.base_offset) return fail(errc::out_of_range, at, "the base of a delta is not an entry");
    p.base = static_cast<std::uint32_t>(base - all.places.begin());
  } else if (h.type == entry_type::ref_delta) {
    p.base = all.find(h.base_id);
  } else {
    p.object = static_cast<object_type>(h.type);
  }
  return done{};
}

result<pack_entries> load(const device& from) {
  DOCTEUR_TRY(attached, image::attach(from, heap_memory(), {}, paths_from::trees));
  pack_entries all;
  all.kind = attached.kind();
  all.commit = attached.commit_id();
  all.idx_offset = attached.header().idx_offset;
  all.sections = attached.sections();
  DOCTEUR_TRY(end, end_of_entries(attached));
  all.pack_end = end;
  const pack_index& index = attached.index();
  std::vector<std::uint32_t> order(index.count());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&index](std::uint32_t i) { return index.offset(i); });
  all.places.resize(order.size());
  all.ids.resize(order.size());
  all.by_id.resize(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    pack_place& p = all.places[i];
    p.offset = index.offset(order[i]);
    p.end = i + 1 < order.size() ? index.offset(order[i + 1]) : end;
    if (p.end <= p.offset) return fail(errc::malformed, kPackOffset + p.offset, "a PACK entry of no bytes");
    DOCTEUR_TRY(id, index.id(order[i]));
    all.ids[i] = id;
    all.by_id[order[i]] = i;
  }
  header_window window(from);
  for (pack_place& p : all.places) DOCTEUR_CHECK(read_place(window, all, p));
  resolve_object_types(all.places);
  return all;
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

std::uint32_t pack_entries::find(const oid& id) const {
  const auto at = std::ranges::lower_bound(by_id, id, {}, [this](std::uint32_t i) { return ids[i]; });
  return at != by_id.end() && ids[*at] == id ? *at : kNoPackEntry;
}

outcome<pack_entries> load_pack_entries(const device& from, const std::string& shown) {
  auto all = load(from);
  if (!all) return tl::make_unexpected(describe(all.error(), shown));
  return std::move(*all);
}

void resolve_object_types(std::vector<pack_place>& places) {
  std::vector<std::uint32_t> chain;
  std::vector<bool> known(places.size());
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    std::uint32_t at = i;
    while (!known[at] && is_delta(places[at].type) && places[at].base != kNoPackEntry) {
      known[at] = true;  // also ends circles
      chain.push_back(at);
      at = places[at].base;
    }
    known[at] = true;
    for (; !chain.empty(); chain.pop_back()) places[chain.back()].object = places[at].object;
  }
}

}  // namespace docteur
