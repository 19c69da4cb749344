#include "survey/image_survey.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "host/pack_entries.hpp"
#include "pack/inflate.hpp"
#include "survey/image_parts.hpp"
#include "survey/path_survey.hpp"

namespace docteur {
namespace {

// No base is read twice, so none is cached.
constexpr std::uint64_t kNoCache = 0;

// Maps entries, in PACK order, to positions in IDX and back.
struct pack_order {
  std::vector<std::uint32_t> positions;  // of each entry: its position in IDX
  std::vector<std::uint32_t> entries;    // of each position in IDX: its entry
};

pack_order order_of(const pack_index& index) {
  pack_order o;
  o.positions.resize(index.count());
  std::iota(o.positions.begin(), o.positions.end(), 0u);
  std::ranges::sort(o.positions, {}, [&](std::uint32_t p) { return index.offset(p); });
  o.entries.resize(index.count());
  for (std::uint32_t i = 0; i < o.positions.size(); ++i) o.entries[o.positions[i]] = i;
  return o;
}

// Reads the type of the first block of a zlib stream. Two bytes of header (RFC 1950, 2.2) come before it, and in the
// block one bit comes before the two bits of type, which are 0 if it is stored (RFC 1951, 3.2.3).
result<bool> begins_stored(const device& d, std::uint64_t stream_at, std::uint64_t stream_bytes) {
  std::array<std::byte, 3> head{};
  if (stream_bytes < head.size()) return false;
  DOCTEUR_CHECK(read_exactly(d, stream_at, head));
  return (std::to_integer<unsigned>(head[2]) >> 1 & 3) == 0;
}

result<std::uint32_t> base_of(const image& of, const pack_order& order, const std::vector<surveyed_object>& objects,
                              const entry_header& h, std::uint64_t at) {
  if (h.type == entry_type::ref_delta) {
    DOCTEUR_TRY(position, of.index().find(h.base_id));
    if (!position) return fail(errc::out_of_range, at, "delta base is not in the PACK");
    return order.entries[*position];
  }
  const auto found = std::ranges::lower_bound(objects, h.base_offset, {}, &surveyed_object::offset);
  if (found == objects.end() || found->offset != h.base_offset)
    return fail(errc::out_of_range, at, "delta base is no entry of the PACK");
  return static_cast<std::uint32_t>(found - objects.begin());
}

result<done> survey_entry(const image& of, object_reader& reader, const pack_order& order,
                          std::vector<surveyed_object>& objects, surveyed_object& o) {
  const std::uint64_t at = reader.device_offset(o.offset);
  DOCTEUR_TRY(h, reader.header(o.offset));
  if (is_delta(h.type)) {
    DOCTEUR_TRY(base, base_of(of, order, objects, h, at));
    DOCTEUR_TRY(size, reader.size(o.offset, object_type::blob));
    if (size > of.bounds().object_bytes) return fail(errc::too_large, at, "object is over the limit");
    o.form = entry_form::delta;
    o.base = base;
    o.content = size;
    return done{};
  }
  o.type = static_cast<object_type>(h.type);
  o.content = o.inflated = h.size;
  if (!is_plausible_size(h.size, o.packed)) return fail(errc::malformed, at, "entry is too short for its content");
  DOCTEUR_TRY(restarts, of.restarts().find(o.offset, o.content));
  if (restarts) {
    o.form = restarts->stored ? entry_form::stored : entry_form::restartable;
  } else {
    DOCTEUR_TRY(is_stored, begins_stored(of.disk(), at + h.header_size,
                                         o.packed - std::min<std::uint64_t>(o.packed, h.header_size)));
    if (is_stored) o.form = entry_form::stored;
  }
  return done{};
}

// Sets what deltas have from their bases: type, depth, and bytes inflated by a read. A REF delta may come before its
// base, so each chain is followed down to an object that is done, and then completed from there up.
result<done> follow_chains(std::vector<surveyed_object>& objects, const limits& bounds) {
  std::vector<surveyed_object*> chain;
  for (surveyed_object& first : objects) {
    for (surveyed_object* o = &first; o->base != kNone && o->depth == 0; o = &objects[o->base]) {
      if (chain.size() == bounds.delta_depth)
        return fail(errc::too_large, kPackOffset + first.offset, "delta chain is too long");
      chain.push_back(o);
    }
    for (; !chain.empty(); chain.pop_back()) {
      surveyed_object& o = *chain.back();
      const surveyed_object& base = objects[o.base];
      if (base.depth >= bounds.delta_depth)
        return fail(errc::too_large, kPackOffset + o.offset, "delta chain is too long");
      o.depth = base.depth + 1;
      o.type = base.type;
      o.inflated = o.content + base.inflated;
    }
  }
  return done{};
}

}  // namespace

result<image_survey> survey_image(const snapshot& from) {
  const image& of = from.image();
  image_survey s;
  s.commit = from.commit_id();
  const pack_order order = order_of(of.index());
  s.objects.resize(order.positions.size());
  for (std::size_t i = 0; i < s.objects.size(); ++i) s.objects[i].offset = of.index().offset(order.positions[i]);
  DOCTEUR_TRY(end, end_of_entries(of));
  for (std::size_t i = 0; i < s.objects.size(); ++i)
    s.objects[i].packed = (i + 1 < s.objects.size() ? s.objects[i + 1].offset : end) - s.objects[i].offset;

  DOCTEUR_TRY(reader, object_reader::make(of.disk(), of.index(), of.allocator(), of.bounds(), kNoCache));
  for (surveyed_object& o : s.objects) DOCTEUR_CHECK(survey_entry(of, reader, order, s.objects, o));
  DOCTEUR_CHECK(follow_chains(s.objects, of.bounds()));
  DOCTEUR_TRY(paths, survey_paths(from, order.entries, s.objects));
  s.paths = std::move(paths);
  const image_layout layout = survey_parts(of, s.objects, end);
  s.parts = layout.parts;
  s.size = layout.size;
  return s;
}

std::string path_of(const image_survey& s, std::uint32_t path) {
  std::string text = s.paths[path].name;
  for (std::uint32_t up = s.paths[path].parent; up != kNone && up != 0; up = s.paths[up].parent)
    text.insert(0, s.paths[up].name + "/");
  return text;
}

}  // namespace docteur
