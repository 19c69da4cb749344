#include "source/image/kept_pack.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/oid_hash.hpp"
#include "host/describe.hpp"
#include "host/heap.hpp"
#include "reader/attached_image.hpp"
#include "reader/restart_index.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kUnknown = kNoBase;  // an index of the source

// Where the objects of both are: of the source by index, of the older image by place.
struct object_map {
  std::vector<std::uint32_t> places;   // by index; kNoPackEntry
  std::vector<std::uint32_t> indexes;  // by place; kUnknown
};

object_map match(const pack_entries& old, std::span<const source_object> objects) {
  object_map map{std::vector<std::uint32_t>(objects.size(), kNoPackEntry),
                 std::vector<std::uint32_t>(old.places.size(), kUnknown)};
  for (std::uint32_t i = 0; i < objects.size(); ++i) {
    const std::uint32_t place = old.find(objects[i].id);
    if (place == kNoPackEntry || old.places[place].object != objects[i].type) continue;
    map.places[i] = place;
    map.indexes[place] = i;
  }
  return map;
}

class kept_pack final : public kept_entries {
 public:
  kept_pack(std::shared_ptr<const image_objects> from, const object_source& source)
      : from_(std::move(from)),
        disk_(from_->disk()),
        old_(from_->entries()),
        objects_(source.objects()),
        map_(match(old_, objects_)),
        entries_(objects_.size()),
        deltas_(objects_.size(), kNoPackEntry) {}

  outcome<void> build(const object_source& source, const pack_options& options) {
    max_depth_ = std::min(options.max_depth, kDeepestChain);
    if (old_.kind != source.kind())
      return give_up(blame::input, from_->shown() + ": has ids of " + std::string(name(old_.kind)) +
                                       ", what the new image is made of has ids of " +
                                       std::string(name(source.kind())));
    DOCTEUR_CHECK(load_restarts());
    std::vector<std::uint32_t> chain;
    std::vector<bool> decided(old_.places.size());
    for (std::uint32_t i = 0; i < objects_.size(); ++i) {
      if (map_.places[i] == kNoPackEntry) continue;
      // From the object to the first that is decided, then back: a delta stays if its base does.
      std::uint32_t at = map_.places[i];
      while (!decided[at]) {
        decided[at] = true;  // also ends circles
        chain.push_back(at);
        if (!is_delta(old_.places[at].type) || old_.places[at].base == kNoPackEntry) break;
        at = old_.places[at].base;
      }
      for (; !chain.empty(); chain.pop_back())
        decide(chain.back(), std::max(options.large_blob, options.largest_delta));
    }
    return suggest(source);
  }

  std::span<const kept_entry> entries() const override { return entries_; }

  outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    return from_->read(map_.places[index], out);
  }
  outcome<void> read_delta(std::size_t index, std::vector<std::byte>& out) const override {
    DOCTEUR_TRY(fits, from_->inflate(deltas_[index], out));
    if (!fits) out.clear();
    return {};
  }

  outcome<void> read_stream(std::size_t index, std::uint64_t at, mutable_bytes out) const override {
    const pack_place& p = old_.places[entries_[index].is_kept() ? map_.places[index] : deltas_[index]];
    if (const auto r = read_exactly(disk_, kPackOffset + p.stream_at() + at, out); !r) return from_->failed(r.error());
    return {};
  }

  outcome<restart_points> read_restarts(std::size_t index) const override {
    const pack_place& p = old_.places[map_.places[index]];
    const auto points = points_of(p);
    if (!points) return from_->failed(points.error());
    return *points;
  }

 private:
  // The record of a whole blob in the restart section, and its points.
  [[nodiscard]] result<restart_points> points_of(const pack_place& p) const {
    DOCTEUR_TRY(record, restarts_.find(p.offset, p.size));
    if (!record) return fail(errc::malformed, kPackOffset + p.offset, "a blob lost its restart points");
    restart_points points{p.offset, record->size, record->interval, record->stored, {}};
    const std::uint64_t count = restart_point_count(record->size, record->interval, record->stored);
    for (std::uint64_t i = 0; i < count; ++i) {
      DOCTEUR_TRY(point, restarts_.point(*record, i));
      points.points.push_back(point);
    }
    return points;
  }

  outcome<void> load_restarts() {
    const section* where = old_.sections ? old_.sections->find(section_type::restart) : nullptr;
    if (where == nullptr) return {};
    auto restarts = restart_index::open(disk_, *where);
    if (!restarts) return from_->failed(restarts.error());
    restarts_ = std::move(*restarts);
    return {};
  }

  // Whether the stream begins with a stored block (RFC 1951, 3.2.3); nullopt if it is no stream.
  [[nodiscard]] std::optional<bool> is_stored(const pack_place& p) const {
    std::array<std::byte, 3> head{};
    if (p.stream_size() <= head.size() || !read_exactly(disk_, kPackOffset + p.stream_at(), head)) return std::nullopt;
    return (head[2] & std::byte{6}) == std::byte{0};
  }

  // Decides about an entry whose base was decided about.
  void decide(std::uint32_t place, std::uint64_t streamed) {
    const std::uint32_t index = map_.indexes[place];
    if (index == kUnknown) return;
    const pack_place& p = old_.places[place];
    kept_entry e;
    if (is_delta(p.type)) {
      const std::uint32_t base = p.base == kNoPackEntry ? kUnknown : map_.indexes[p.base];
      if (base == kUnknown || !entries_[base].is_kept() || entries_[base].has_restarts ||
          entries_[base].depth >= max_depth_)
        return;
      e.base = base;
      e.delta_size = p.size;
      e.depth = static_cast<std::uint8_t>(entries_[base].depth + 1);
    } else {
      const auto record = restarts_.find(p.offset, p.size);
      e.has_restarts = record && record->has_value();
    }
    if (!e.has_restarts && objects_[index].type == object_type::blob && objects_[index].size >= streamed) return;
    const auto stored = is_stored(p);
    if (!stored) return;
    e.stored = *stored;
    e.kept = true;
    e.stream_size = p.stream_size();
    entries_[index] = e;
  }

  // The delta at `place` may make object `index` from `base`.
  void suggest_delta(std::uint32_t index, std::uint32_t place, std::uint32_t base) {
    const pack_place& p = old_.places[place];
    const auto stored = is_stored(p);
    entries_[index].base = base;
    if (base == kUnknown || !stored) return;
    entries_[index].delta_size = p.size;
    entries_[index].stream_size = p.stream_size();
    entries_[index].stored = *stored;
    deltas_[index] = place;
  }

  // What stands now where the objects of the older image stood, by their paths there.
  outcome<void> suggest(const object_source& source) {
    attached_image old;
    if (const auto r = old.attach(disk_, heap_memory()); !r) return from_->failed(r.error());
    std::unordered_map<std::string_view, std::uint32_t> by_path;
    for (std::uint32_t i = 0; i < objects_.size(); ++i)
      if (objects_[i].type == object_type::blob || objects_[i].type == object_type::tree)
        by_path.emplace(source.path(i), i);
    std::vector<std::uint32_t> successors(old_.places.size(), kUnknown);
    std::vector<std::uint32_t> predecessors(objects_.size(), kNoPackEntry);
    const auto add = [&](std::uint32_t place, std::string_view path) {
      const auto now = by_path.find(path);
      if (now == by_path.end() || old_.places[place].object != objects_[now->second].type) return;
      if (successors[place] == kUnknown) successors[place] = now->second;
      if (predecessors[now->second] == kNoPackEntry) predecessors[now->second] = place;
    };
    auto list = old.snapshot().list("", snapshot::depth::all);
    if (!list) return from_->failed(list.error());
    for (auto e = list->next(); e; e = list->next())
      if (e->node.kind != entry_kind::submodule) add(old_.by_id[e->node.position], e->name);
    if (const std::uint32_t root = old_.find(old.snapshot().commit().tree); root != kNoPackEntry) add(root, "");

    const auto now = [&](std::uint32_t place) {
      return map_.indexes[place] != kUnknown ? map_.indexes[place] : successors[place];
    };
    for (std::uint32_t i = 0; i < objects_.size(); ++i) {
      if (entries_[i].is_kept()) continue;
      const std::uint32_t before = map_.places[i] != kNoPackEntry ? map_.places[i] : predecessors[i];
      if (before == kNoPackEntry) continue;
      const std::uint32_t itself = map_.indexes[before];
      if (itself != kUnknown && itself != i && entries_[itself].is_kept() && entries_[itself].depth < max_depth_)
        entries_[i].base = itself;
      else if (!is_delta(old_.places[before].type))
        entries_[i].stream_size = old_.places[before].stream_size();
      else if (old_.places[before].base != kNoPackEntry)
        suggest_delta(i, before, now(old_.places[before].base));
    }
    return {};
  }

  std::shared_ptr<const image_objects> from_;
  device disk_;
  const pack_entries& old_;
  std::span<const source_object> objects_;
  object_map map_;
  std::vector<kept_entry> entries_;
  std::vector<std::uint32_t> deltas_;  // by index: the place of the delta that is suggested
  unsigned max_depth_ = 0;
  restart_index restarts_;
};

}  // namespace

outcome<std::unique_ptr<kept_entries>> find_kept_entries(std::shared_ptr<const image_objects> from,
                                                         const object_source& source, const pack_options& options) {
  auto kept = std::make_unique<kept_pack>(std::move(from), source);
  DOCTEUR_CHECK(kept->build(source, options));
  return kept;
}

}  // namespace docteur
