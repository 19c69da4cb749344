#include "reader/object_reader.hpp"

#include <algorithm>
#include <array>

#include "pack/delta.hpp"

namespace docteur {
namespace {

// Bytes read at once if the device is not mapped; only longer entries need a second read.
constexpr std::uint64_t kFirstRead = 64 << 10;

constexpr std::uint64_t kUsualDeltas = 1 << 20;  // bytes of a chain's deltas; memory for more is released

// A small image cannot fill a large cache: returns the size that its PACK may inflate to, with room for a few objects.
std::uint64_t useful_cache(const pack_index& index, std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kRatio = 64;
  constexpr std::uint64_t kLeast = 512 << 10;
  return std::min(bytes, std::max(kLeast, index.where().limit < bytes / kRatio ? index.where().limit * kRatio : bytes));
}

// Bytes of a delta that is inflated whole for its size: longer ones take longer than to begin another stream.
constexpr std::uint64_t kSmallDelta = 1 << 10;

constexpr object_type whole_type(entry_type t) noexcept { return static_cast<object_type>(t); }

}  // namespace

object_reader::object_reader(const device& pack, const pack_index& index, const memory& from, const limits& bounds,
                             std::uint64_t cache_bytes, std::uint64_t read_ahead, inflater&& inflate) noexcept
    : index_(&index),
      memory_(from),
      bounds_(bounds),
      inflater_(std::move(inflate)),
      cache_(from, useful_cache(index, cache_bytes)),
      window_(pack, from, read_ahead),
      deltas_(from),
      links_(from) {}

result<object_reader> object_reader::make(const device& pack, const pack_index& index, const memory& from,
                                          const limits& bounds, std::uint64_t cache_bytes,
                                          std::uint64_t read_ahead) noexcept {
  DOCTEUR_TRY(inflate, inflater::make());
  return object_reader(pack, index, from, bounds, cache_bytes, read_ahead, std::move(inflate));
}

// Reads the beginning of an entry. `want`: the number of bytes that will be needed, if the entry has that many.
result<object_reader::entry> object_reader::fetch(std::uint64_t offset, std::uint64_t want) noexcept {
  const std::uint64_t at = device_offset(offset);
  if (offset >= index_->where().limit || at >= disk().size)
    return fail(errc::out_of_range, at, "entry lies outside the PACK");
  // On a mapped device the end of the entry is not needed: nothing is read before it is used.
  const std::uint64_t limit = disk().view != nullptr ? index_->where().limit : index_->entry_limit(offset);
  const std::uint64_t most = std::min(limit - offset, disk().size - at);
  DOCTEUR_TRY(data, window_.get(at, std::min(most, want)));
  DOCTEUR_TRY(h, decode_entry_header(data.first(std::min(data.size(), kMaxEntryHeader)), offset, at, index_->kind()));
  return entry{h, data, most};
}

// `e` is the entry that fetch() returned last. Its stream may be longer than the part fetched.
result<done> object_reader::inflate_entry(std::uint64_t offset, const entry& e, mutable_bytes out) noexcept {
  const std::uint64_t at = device_offset(offset);
  bytes data = e.data;
  if (data.size() < e.most) {
    if (disk().view == nullptr && e.most > bounds_.object_bytes + kFirstRead)
      return fail(errc::too_large, at, "entry is over the limit");
    DOCTEUR_TRY(more, window_.get(at, e.most));
    data = more;
  }
  if (data.size() < e.header.header_size) return fail(errc::truncated, at, "entry ends inside its header");
  DOCTEUR_CHECK(inflater_.inflate(data.subspan(e.header.header_size), out, at));
  return done{};
}

result<std::uint64_t> object_reader::base_of(const entry_header& h, std::uint64_t offset) const noexcept {
  if (h.type == entry_type::ofs_delta) return h.base_offset;
  DOCTEUR_TRY(position, index_->find(h.base_id));
  if (!position) return fail(errc::out_of_range, device_offset(offset), "delta base is not in the PACK");
  return index_->offset(*position);
}

result<entry_header> object_reader::header(std::uint64_t offset) noexcept {
  DOCTEUR_TRY(e, fetch(offset, kMaxEntryHeader));
  return e.header;
}

result<std::uint64_t> object_reader::size(std::uint64_t offset, object_type expected) noexcept {
  if (chain_is_started_ && links_[0].offset == offset) return result_size(links_[0]);
  DOCTEUR_TRY(e, fetch(offset, kFirstRead));
  if (is_delta(e.header.type)) return first_size(offset, e);
  if (whole_type(e.header.type) != expected)
    return fail(errc::wrong_kind, device_offset(offset), "object has another type than its tree entry");
  return e.header.size;
}

// Returns the size of the result of the delta `e`. What the first bytes do not tell, the whole delta does, or its
// error.
result<std::uint64_t> object_reader::first_size(std::uint64_t offset, const entry& e) noexcept {
  const std::uint64_t at = device_offset(offset);
  if (e.header.size > kSmallDelta && e.header.size <= bounds_.object_bytes && e.data.size() > e.header.header_size) {
    if (!has_first_bytes_) {
      DOCTEUR_TRY(stream, inflate_stream::make(memory_, inflate_stream::framing::zlib));
      first_bytes_ = std::move(stream);
      has_first_bytes_ = true;
    } else {
      first_bytes_.restart(inflate_stream::framing::zlib);
    }
    std::array<std::byte, kMaxDeltaHeader> first{};
    const auto step = first_bytes_.next(e.data.subspan(e.header.header_size), first, at);
    if (step && step->produced == first.size()) {
      DOCTEUR_TRY(sizes, decode_delta_header(first, at));
      return sizes.result_size;
    }
  }
  DOCTEUR_CHECK(start_chain(offset, e));
  return result_size(links_[0]);
}

// Returns the size of the delta's result.
result<std::uint64_t> object_reader::result_size(const link& l) const noexcept {
  DOCTEUR_TRY(sizes, decode_delta_header(delta(l), device_offset(l.offset)));
  return sizes.result_size;
}

result<object_info> object_reader::info(std::uint64_t offset) noexcept {
  DOCTEUR_TRY(own, header(offset));
  if (!is_plausible_size(own.size, index_->entry_limit(offset) - offset))
    return fail(errc::malformed, device_offset(offset), "entry is too short for its content");
  object_info info{object_type::blob, own.size, own};
  if (is_delta(own.type)) {
    DOCTEUR_TRY(e, fetch(offset, kFirstRead));
    DOCTEUR_CHECK(start_chain(offset, e));
    DOCTEUR_TRY(size, result_size(links_[0]));
    info.size = size;
  }
  entry_header h = own;
  std::uint32_t depth = 0;
  for (std::uint64_t at = offset; is_delta(h.type); ++depth) {
    if (depth == bounds_.delta_depth) return fail(errc::too_large, device_offset(offset), "delta chain is too long");
    DOCTEUR_TRY(base, base_of(h, at));
    // All objects of a chain have one type, so the nearest cached base decides.
    if (const auto cached = cache_.find(base)) {
      info.type = cached.type();
      return info;
    }
    DOCTEUR_TRY(next, header(base));
    at = base;
    h = next;
  }
  info.type = whole_type(h.type);
  return info;
}

// Inflates the delta `e` to the end of deltas_ and adds it to links_.
result<done> object_reader::add_link(std::uint64_t offset, const entry& e) noexcept {
  const std::uint64_t at = device_offset(offset);
  if (links_.size() == bounds_.delta_depth) return fail(errc::too_large, at, "delta chain is too long");
  if (e.header.size > bounds_.object_bytes - deltas_.size())
    return fail(errc::too_large, at, "object is over the limit");
  const link l{offset, deltas_.size(), e.header.size, e.header};
  DOCTEUR_CHECK(links_.push_back(l));
  const std::uint64_t all = l.delta_at + l.delta_size;
  if (all > kUsualDeltas && all > deltas_.capacity()) DOCTEUR_CHECK(deltas_.set_capacity(all));
  DOCTEUR_CHECK(deltas_.resize(all));
  return inflate_entry(offset, e, deltas_.span().subspan(l.delta_at));
}

result<done> object_reader::start_chain(std::uint64_t offset, const entry& e) noexcept {
  chain_is_started_ = false;
  links_.clear();
  deltas_.clear();
  if (deltas_.capacity() > kUsualDeltas) deltas_.reset();
  DOCTEUR_CHECK(add_link(offset, e));
  chain_is_started_ = true;
  return done{};
}

// Makes room for an object on which `above` more deltas will be applied; the last one writes the result to `out`.
// `below`: the object that this one is made from. Small objects go to the cache. Large ones would need memory of their
// own, so every second one is built in `out`. A delta then never reads and writes `out` at once:
//
//   above   4         3         2         1         0
//   object  base  ->  a     ->  b     ->  c     ->  result
//   place   out       own       out       own       out
//
// If an object does not fit in `out` and the one below has memory of its own already, the new one replaces the content
// of the cache, so that only one allocation is large at a time, if possible.
result<object_reader::object_in_chain> object_reader::make_room(std::uint64_t offset, object_type type,
                                                                std::uint64_t size, std::size_t above,
                                                                const object_cache::handle& below,
                                                                mutable_bytes out) noexcept {
  if (size > bounds_.object_bytes) return fail(errc::too_large, device_offset(offset), "object is over the limit");
  const bool is_large = !cache_.is_for(size);
  const bool is_out_free = above % 2 == 0;
  if (is_large && is_out_free && size <= out.size()) return object_in_chain{type, out.first(size), out.first(size), {}};
  DOCTEUR_TRY(held, is_large && below.is_beside_cache() ? cache_.make_passing(offset, type, size)
                                                        : cache_.make(offset, type, size));
  const mutable_bytes room = held.fill();
  return object_in_chain{type, room, room, std::move(held)};
}

// Goes from the one delta in links_ down to a whole or a cached object, and collects the deltas on the way.
// Each entry is read once: its delta is inflated now and applied on the way back.
result<object_reader::object_in_chain> object_reader::descend(mutable_bytes out) noexcept {
  chain_is_started_ = false;
  for (;;) {
    const link& last = links_.back();
    DOCTEUR_TRY(offset, base_of(last.header, last.offset));
    if (auto cached = cache_.find(offset)) {
      const object_type type = cached.type();
      const bytes content = cached.content();
      return object_in_chain{type, content, {}, std::move(cached)};
    }
    DOCTEUR_TRY(e, fetch(offset, kFirstRead));
    if (is_delta(e.header.type)) {
      DOCTEUR_CHECK(add_link(offset, e));
      continue;
    }
    if (e.header.size > bounds_.object_bytes - deltas_.size())
      return fail(errc::too_large, device_offset(offset), "object is over the limit");
    DOCTEUR_TRY(base, make_room(offset, whole_type(e.header.type), e.header.size, links_.size(), {}, out));
    DOCTEUR_CHECK(inflate_entry(offset, e, base.room));
    if (cache_.is_for(e.header.size)) cache_.keep(base.held);
    return base;
  }
}

// Applies the deltas of the chain, from the base up; the last result, that of links_[0], goes to `out`.
result<object_type> object_reader::climb(mutable_bytes out) noexcept {
  DOCTEUR_TRY(base, descend(out));
  for (std::size_t i = links_.size(); i-- > 1;) {
    const link& l = links_[i];
    DOCTEUR_TRY(size, result_size(l));
    DOCTEUR_TRY(next, make_room(l.offset, base.type, size, i, base.held, out));
    DOCTEUR_CHECK(apply_delta(base.content, delta(l), next.room, device_offset(l.offset)));
    if (cache_.is_for(size)) cache_.keep(next.held);
    base = std::move(next);
  }
  DOCTEUR_CHECK(apply_delta(base.content, delta(links_[0]), out, device_offset(links_[0].offset)));
  return base.type;
}

// `place(size)` returns the memory for the object, once its size is known.
template <class Place>
result<object_type> object_reader::build(std::uint64_t offset, Place place) noexcept {
  if (!chain_is_started_ || links_[0].offset != offset) {
    if (const auto cached = cache_.find(offset)) {
      DOCTEUR_TRY(out, place(cached.content().size()));
      if (!out.empty()) std::memcpy(out.data(), cached.content().data(), out.size());
      return cached.type();
    }
    DOCTEUR_TRY(e, fetch(offset, kFirstRead));
    if (!is_delta(e.header.type)) {
      if (e.header.size > bounds_.object_bytes)
        return fail(errc::too_large, device_offset(offset), "object is over the limit");
      DOCTEUR_TRY(out, place(e.header.size));
      DOCTEUR_CHECK(inflate_entry(offset, e, out));
      return whole_type(e.header.type);
    }
    DOCTEUR_CHECK(start_chain(offset, e));
  }
  DOCTEUR_TRY(size, result_size(links_[0]));
  if (size > bounds_.object_bytes) return fail(errc::too_large, device_offset(offset), "object is over the limit");
  DOCTEUR_TRY(out, place(size));
  return climb(out);
}

result<object_type> object_reader::read(std::uint64_t offset, mutable_bytes out) noexcept {
  return build(offset, [&](std::uint64_t size) -> result<mutable_bytes> {
    if (size != out.size())
      return fail(errc::malformed, device_offset(offset), "object has another size than expected");
    return out;
  });
}

result<object_reader::object> object_reader::read(std::uint64_t offset) noexcept {
  object o{object_type::blob, owned_array<std::byte>(memory_)};
  DOCTEUR_TRY(type, build(offset, [&](std::uint64_t size) -> result<mutable_bytes> {
                DOCTEUR_CHECK(o.content.set_capacity(size));
                DOCTEUR_CHECK(o.content.resize(size));
                return o.content.span();
              }));
  o.type = type;
  return o;
}

}  // namespace docteur
