#include "reader/object_reader.hpp"

#include <algorithm>
#include <array>

#include "pack/delta.hpp"

namespace docteur {
namespace {

// Read at once when the device is not mapped; only longer entries need a second read.
constexpr std::uint64_t kFirstRead = 64 << 10;

constexpr object_type whole_type(entry_type t) noexcept { return static_cast<object_type>(t); }

}  // namespace

object_reader::object_reader(const device& pack, const pack_index& index, const memory& from, const limits& bounds,
                             std::uint64_t cache_bytes, inflater&& inflate) noexcept
    : pack_(pack),
      index_(&index),
      memory_(from),
      bounds_(bounds),
      inflater_(std::move(inflate)),
      cache_(from, cache_bytes),
      input_(from),
      deltas_(from),
      links_(from) {}

result<object_reader> object_reader::make(const device& pack, const pack_index& index, const memory& from,
                                          const limits& bounds, std::uint64_t cache_bytes) noexcept {
  DOCTEUR_TRY(inflate, inflater::make());
  return object_reader(pack, index, from, bounds, cache_bytes, std::move(inflate));
}

result<object_reader::entry> object_reader::fetch(std::uint64_t offset) noexcept {
  const std::uint64_t at = device_offset(offset);
  if (offset >= index_->where().limit || at >= pack_.size)
    return fail(errc::out_of_range, at, "entry lies outside the PACK");
  entry e{};
  if (pack_.view != nullptr) {
    const std::uint64_t n = std::min(index_->where().limit - offset, pack_.size - at);
    e.data = bytes(pack_.view + at, n);
  } else {
    const std::uint64_t n = std::min({index_->entry_limit(offset) - offset, kFirstRead, pack_.size - at});
    DOCTEUR_CHECK(input_.resize(std::max<std::size_t>(n, input_.size())));
    DOCTEUR_CHECK(read_exactly(pack_, at, input_.span().first(n)));
    e.data = input_.span().first(n);
  }
  DOCTEUR_TRY(h, decode_entry_header(e.data.first(std::min(e.data.size(), kMaxEntryHeader)), offset, at));
  e.header = h;
  return e;
}

// `e` is what fetch() gave last. A stream may be longer than what was read at first.
result<done> object_reader::inflate_entry(std::uint64_t offset, const entry& e, mutable_bytes out) noexcept {
  const std::uint64_t at = device_offset(offset);
  bytes data = e.data;
  if (pack_.view == nullptr) {
    const std::uint64_t all = std::min(index_->entry_limit(offset) - offset, pack_.size - at);
    if (all > bounds_.object_bytes + kFirstRead) return fail(errc::too_large, at, "entry is over the limit");
    if (const std::size_t have = data.size(); have < all) {
      DOCTEUR_CHECK(input_.resize(std::max<std::size_t>(all, input_.size())));
      DOCTEUR_CHECK(read_exactly(pack_, at + have, input_.span().subspan(have, all - have)));
      data = input_.span().first(all);
    }
  }
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
  DOCTEUR_TRY(e, fetch(offset));
  return e.header;
}

// Inflates no more of a delta than its two sizes.
result<std::uint64_t> object_reader::delta_result_size(std::uint64_t offset, const entry& e) noexcept {
  if (!has_prefix_) {
    DOCTEUR_TRY(fresh, inflate_stream::make(memory_, inflate_stream::framing::zlib));
    prefix_ = std::move(fresh);
    has_prefix_ = true;
  }
  prefix_.restart(inflate_stream::framing::zlib);
  std::array<std::byte, kMaxDeltaHeader> head;
  bytes data = e.data.subspan(e.header.header_size);
  std::size_t have = 0;
  while (have < head.size()) {
    DOCTEUR_TRY(step, prefix_.next(data, mutable_bytes{head}.subspan(have), device_offset(offset)));
    have += step.produced;
    data = data.subspan(step.consumed);
    if (step.ended || step.produced + step.consumed == 0) break;
  }
  DOCTEUR_TRY(sizes, decode_delta_header(bytes{head}.first(have), device_offset(offset)));
  return sizes.result_size;
}

result<object_info> object_reader::info(std::uint64_t offset) noexcept {
  DOCTEUR_TRY(e, fetch(offset));
  object_info info{object_type::blob, e.header.size, 0, e.header};
  entry_header h = e.header;
  if (is_delta(h.type)) {
    DOCTEUR_TRY(size, delta_result_size(offset, e));
    info.size = size;
  }
  for (std::uint64_t at = offset; is_delta(h.type); ++info.depth) {
    if (info.depth == bounds_.delta_depth)
      return fail(errc::too_large, device_offset(offset), "delta chain is too long");
    DOCTEUR_TRY(base, base_of(h, at));
    DOCTEUR_TRY(next, header(base));
    at = base;
    h = next;
  }
  info.type = whole_type(h.type);
  return info;
}

// Goes from a delta, `e`, down to a whole object or one that is cached, and collects the deltas on the way in links_.
// Each entry is read once: its delta is inflated now and applied on the way back.
result<object_cache::handle> object_reader::descend(std::uint64_t offset, entry e) noexcept {
  links_.clear();
  deltas_.clear();
  for (;;) {
    const std::uint64_t at = device_offset(offset);
    if (e.header.size > bounds_.object_bytes - deltas_.size())
      return fail(errc::too_large, at, "object is over the limit");
    if (!is_delta(e.header.type)) break;
    if (links_.size() == bounds_.delta_depth) return fail(errc::too_large, at, "delta chain is too long");
    const link l{offset, deltas_.size(), e.header.size};
    DOCTEUR_CHECK(links_.push_back(l));
    DOCTEUR_CHECK(deltas_.resize(l.delta_at + l.delta_size));
    DOCTEUR_CHECK(inflate_entry(offset, e, deltas_.span().subspan(l.delta_at)));
    DOCTEUR_TRY(base, base_of(e.header, offset));
    if (auto cached = cache_.find(base)) return cached;
    DOCTEUR_TRY(next, fetch(base));
    offset = base;
    e = next;
  }
  auto base = cache_.make(offset, whole_type(e.header.type), e.header.size);
  if (!base) return base;
  DOCTEUR_CHECK(inflate_entry(offset, e, base->fill()));
  cache_.keep(*base);
  return base;
}

// `place(size)` says where the object goes, once its size is known.
template <class Place>
result<object_type> object_reader::build(std::uint64_t offset, Place place) noexcept {
  auto base = cache_.find(offset);
  if (!base) {
    DOCTEUR_TRY(e, fetch(offset));
    if (!is_delta(e.header.type)) {
      if (e.header.size > bounds_.object_bytes)
        return fail(errc::too_large, device_offset(offset), "object is over the limit");
      DOCTEUR_TRY(out, place(e.header.size));
      DOCTEUR_CHECK(inflate_entry(offset, e, out));
      return whole_type(e.header.type);
    }
    DOCTEUR_TRY(found, descend(offset, e));
    base = std::move(found);
  } else {
    links_.clear();
  }
  for (std::size_t i = links_.size(); i-- > 1;) {
    const link& l = links_[i];
    const std::uint64_t at = device_offset(l.offset);
    DOCTEUR_TRY(sizes, decode_delta_header(delta(l), at));
    if (sizes.result_size > bounds_.object_bytes) return fail(errc::too_large, at, "object is over the limit");
    DOCTEUR_TRY(next, cache_.make(l.offset, base.type(), sizes.result_size));
    DOCTEUR_CHECK(apply_delta(base.content(), delta(l), next.fill(), at));
    cache_.keep(next);
    base = std::move(next);
  }
  if (links_.empty()) {
    DOCTEUR_TRY(out, place(base.content().size()));
    if (!out.empty()) std::memcpy(out.data(), base.content().data(), out.size());
    return base.type();
  }
  const std::uint64_t at = device_offset(offset);
  DOCTEUR_TRY(sizes, decode_delta_header(delta(links_[0]), at));
  if (sizes.result_size > bounds_.object_bytes) return fail(errc::too_large, at, "object is over the limit");
  DOCTEUR_TRY(out, place(sizes.result_size));
  DOCTEUR_CHECK(apply_delta(base.content(), delta(links_[0]), out, at));
  return base.type();
}

result<object_type> object_reader::read(std::uint64_t offset, mutable_bytes out) noexcept {
  return build(offset, [&](std::uint64_t size) -> result<mutable_bytes> {
    if (size != out.size())
      return fail(errc::malformed, device_offset(offset), "object has another size than promised");
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
