#include "update/packs/tail_rebuilder.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/oid_hash.hpp"
#include "builder/path_section.hpp"
#include "host/describe.hpp"
#include "idx/writer.hpp"
#include "pack/object_source.hpp"

namespace docteur {
namespace {

constexpr std::size_t kPiece = 256 << 10;  // bytes that are moved at once
constexpr std::uint64_t kIdKindBits = 2;

// The commit and the trees of a PACK, for make_path_section(), which reads nothing else.
class tree_source final : public object_source {
 public:
  tree_source(const oid& commit, std::span<const oid> trees, const tree_order& order) : order_(order) {
    objects_.push_back({commit, object_type::commit, 0});
    for (const oid& id : trees) objects_.push_back({id, object_type::tree, 0});
  }
  [[nodiscard]] std::span<const source_object> objects() const override { return objects_; }
  [[nodiscard]] std::string_view path(std::size_t) const override { return {}; }
  [[nodiscard]] outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    const std::uint32_t place = order_.place_of(objects_[index].id);
    if (place == kNoPackEntry) return damaged_update("a tree is missing");
    DOCTEUR_TRY(content, order_.contents.get(place));
    if (content == nullptr) return damaged_update("a tree is too large");
    out = *content;
    return {};
  }
  [[nodiscard]] outcome<std::unique_ptr<byte_stream>> open(std::size_t) const override {
    return give_up(blame::environment, "trees are not streamed");
  }

 private:
  const tree_order& order_;
  std::vector<source_object> objects_;
};

// Passes on at most so many bytes.
class bounded_sink final : public byte_sink {
 public:
  bounded_sink(byte_sink& out, std::uint64_t& position, std::uint64_t end)
      : out_(out), position_(position), end_(end) {}
  outcome<void> write(bytes data) override {
    if (data.size() > end_ - position_) return damaged_update("the image is too long");
    position_ += data.size();
    return out_.write(data);
  }

 private:
  byte_sink& out_;
  std::uint64_t& position_;
  std::uint64_t end_;
};

}  // namespace

outcome<listed_ids> list_ids(tree_order order, std::uint32_t commit, const progress& report) {
  listed_ids all;
  std::unordered_set<oid, oid_hash> seen;
  const auto visit = [&](std::string_view, entry_kind kind, const oid& id) {
    if (kind == entry_kind::directory)
      all.trees.push_back(id);
    else if (seen.insert(id).second)
      all.blobs.push_back(id);
  };
  DOCTEUR_TRY(paths, order.walk(commit, visit, report));
  all.paths = paths;
  return all;
}

outcome<std::vector<std::byte>> rebuild_path_section(std::span<const idx_entry> entries, const oid& commit,
                                                     std::span<const oid> trees, const tree_order& order,
                                                     const progress& report) {
  if (trees.empty()) return damaged_update("no root tree");
  const tree_source source(commit, trees, order);
  path_lister lister(source, entries, report);
  return make_path_section(lister, source.root().id, entries.size());
}

outcome<void> tail_rebuilder::run(progress& report) {
  report.phase("completing", 0);
  position_ = kPackOffset + header_.new_pack;
  checksum_ = pack_.checksum();
  std::array<std::byte, 8> sizes;
  DOCTEUR_CHECK(in_.take(sizes));
  const auto control_size = load_le<std::uint32_t>(sizes.data());
  const auto copies_size = load_le<std::uint32_t>(sizes.data() + 4);
  if (control_size > kMostTail || copies_size > kMostTail) return damaged_update("size of a batch");
  std::vector<std::byte> control_bytes(control_size), copies_bytes(copies_size);
  DOCTEUR_CHECK(in_.take(control_bytes));
  DOCTEUR_CHECK(in_.take(copies_bytes));
  number_reader control(control_bytes), copies(copies_bytes);
  DOCTEUR_CHECK(read_ids(control, report));
  DOCTEUR_TRY(idx_offset, control.number(header_.new_size));
  for (bool more = true; more;) {
    DOCTEUR_TRY(next, record(control, copies, report));
    more = next;
  }
  if (!control.empty() || !copies.empty()) return damaged_update("a batch is too long");
  if (position_ != header_.new_size) return damaged_update("size of the image");
  DOCTEUR_CHECK(in_.finish());
  const oid commit = header_.kind == hash_kind::sha1 ? pack_.entries()[commit_].id : oid();
  return out_.complete({commit, idx_offset}, digests_);
}

outcome<void> tail_rebuilder::read_ids(number_reader& control, const progress& report) {
  if (pack_.places().empty()) return damaged_update("no entries");
  DOCTEUR_TRY(commit, control.number(pack_.places().size() - 1));
  commit_ = static_cast<std::uint32_t>(commit);
  while (next_id_ < pack_.places().size()) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    DOCTEUR_CHECK(take_run(control));
  }
  if (listed_.empty()) return {};
  DOCTEUR_CHECK(list(report));
  for (const auto& [place, at] : listed_) {
    if (at >= list_->blobs.size()) return damaged_update("a position is out of range");
    pack_.entries()[place].id = list_->blobs[static_cast<std::size_t>(at)];
  }
  return {};
}

outcome<void> tail_rebuilder::take_run(number_reader& control) {
  DOCTEUR_TRY(head, control.number());
  const std::uint64_t count = head >> kIdKindBits;
  const auto how = static_cast<std::uint8_t>(head & ((1u << kIdKindBits) - 1));
  if (count == 0 || count > pack_.places().size() - next_id_) return damaged_update("a run of ids");
  if (how > static_cast<std::uint8_t>(id_kind::literal)) return damaged_update("a run of ids");
  if (how == static_cast<std::uint8_t>(id_kind::listed)) {
    DOCTEUR_TRY(at, control.near(next_listed_, kMostEntries));
    next_listed_ = at;
  }
  for (std::uint64_t i = 0; i < count; ++i, ++next_id_) {
    oid& id = pack_.entries()[next_id_].id;
    if (how == static_cast<std::uint8_t>(id_kind::literal)) {
      DOCTEUR_CHECK(in_.take(id.view()));
    } else if (how == static_cast<std::uint8_t>(id_kind::listed)) {
      listed_.emplace_back(next_id_, next_listed_++);
    } else {
      DOCTEUR_TRY(content, pack_.contents().get(next_id_));
      if (content == nullptr) return damaged_update("an object is too large for its id");
      id = object_id(header_.kind, pack_.places()[next_id_].object, *content);
    }
  }
  return {};
}

outcome<void> tail_rebuilder::list(const progress& report) {
  if (list_) return {};
  const auto& places = pack_.places();
  const auto id_of = [this](std::uint32_t i) { return pack_.entries()[i].id; };
  for (std::uint32_t i = 0; i < places.size(); ++i)
    if (places[i].object == object_type::tree || i == commit_) by_id_.push_back(i);
  std::ranges::stable_sort(by_id_, {}, id_of);
  DOCTEUR_TRY(all, list_ids(order(), commit_, report));
  list_ = std::move(all);
  return {};
}

tree_order tail_rebuilder::order() {
  const auto find = [this](const oid& id) {
    const auto id_of = [this](std::uint32_t i) { return pack_.entries()[i].id; };
    const auto at = std::ranges::lower_bound(by_id_, id, {}, id_of);
    return at != by_id_.end() && id_of(*at) == id ? *at : kNoPackEntry;
  };
  return {find, pack_.contents(), header_.kind};
}

outcome<bool> tail_rebuilder::record(number_reader& control, number_reader& copies, const progress& report) {
  DOCTEUR_TRY(how, control.byte());
  if (how > static_cast<std::uint8_t>(tail_kind::difference)) return damaged_update("an unknown part");
  const auto then = [](outcome<void> r) { return std::move(r).map([] { return true; }); };
  switch (static_cast<tail_kind>(how)) {
    case tail_kind::end: return false;
    case tail_kind::trailer: return then(write(checksum_.view()));
    case tail_kind::paths: return then(paths(report));
    case tail_kind::digests: return then(digests());
    case tail_kind::idx: return then(idx());
    case tail_kind::difference: return then(difference(control, copies));
    case tail_kind::zeros:
    case tail_kind::literal: break;
  }
  DOCTEUR_TRY(count, control.number(header_.new_size - position_));
  return then(static_cast<tail_kind>(how) == tail_kind::zeros ? zeros(count) : literal(count));
}

outcome<void> tail_rebuilder::zeros(std::uint64_t count) {
  const std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(count, kPiece)));
  for (; count > 0; count -= std::min<std::uint64_t>(count, kPiece))
    DOCTEUR_CHECK(write(bytes(piece).first(static_cast<std::size_t>(std::min<std::uint64_t>(count, kPiece)))));
  return {};
}

outcome<void> tail_rebuilder::literal(std::uint64_t count) {
  std::vector<std::byte> piece;
  while (count > 0) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(count, kPiece)));
    DOCTEUR_CHECK(in_.take(piece));
    DOCTEUR_CHECK(write(piece));
    count -= piece.size();
  }
  return {};
}

outcome<void> tail_rebuilder::difference(number_reader& control, number_reader& copies) {
  DOCTEUR_TRY(at, control.number(old_image_.size));
  DOCTEUR_TRY(length, control.number(std::min(kMostTail, old_image_.size - at)));
  DOCTEUR_TRY(size, control.number(std::min(kMostTail, header_.new_size - position_)));
  std::vector<std::byte> base(static_cast<std::size_t>(length)), made(static_cast<std::size_t>(size));
  if (const auto r = read_exactly(old_image_, at, base); !r)
    return tl::make_unexpected(describe(r.error(), "the old image"));
  DOCTEUR_CHECK(decode_copies(base, copies, in_, made));
  return write(made);
}

outcome<void> tail_rebuilder::paths(const progress& report) {
  DOCTEUR_CHECK(list(report));
  DOCTEUR_TRY(section,
              rebuild_path_section(pack_.entries(), pack_.entries()[commit_].id, list_->trees, order(), report));
  return write(section);
}

// Its bytes are known when all others are; until then they are zeros.
outcome<void> tail_rebuilder::digests() {
  if (digests_ || header_.new_size > kMostDigested) return damaged_update("a second digest section");
  const std::uint64_t length = digest_section_size(header_.new_size);
  if (length > header_.new_size - position_) return damaged_update("the image is too long");
  digests_ = digest_head{header_.new_size, position_};
  return zeros(length);
}

outcome<void> tail_rebuilder::idx() {
  bounded_sink sink(out_, position_, header_.new_size);
  return write_idx(pack_.entries(), checksum_, sink);
}

outcome<void> tail_rebuilder::write(bytes data) {
  bounded_sink sink(out_, position_, header_.new_size);
  return sink.write(data);
}

}  // namespace docteur
