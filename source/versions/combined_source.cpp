#include "source/versions/combined_source.hpp"

#include <algorithm>
#include <set>

#include "base/oid_table.hpp"
#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "layout/versions_section.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

class combined_source final : public commit_source {
 public:
  explicit combined_source(std::vector<named_source> versions) : sources_(std::move(versions)) {}

  outcome<void> build() {
    DOCTEUR_CHECK(check_names());
    if (sources_.size() > kMostVersions)
      return give_up(blame::usage, "more than " + std::to_string(kMostVersions) + " versions");
    for (const named_source& s : sources_) {
      source_version v{s.name, s.source->reference(), s.source->commit().id, s.source->root().id, {}};
      for (const source_object& tag : s.source->tags()) v.tags.push_back(tag.id);
      versions_.push_back(std::move(v));
    }
    // All commits and tags, then all trees, then all blobs: each where a version has it first.
    known_objects known(id_of{objects_});
    DOCTEUR_CHECK(take(known, [](object_type t) { return t == object_type::commit || t == object_type::tag; }));
    DOCTEUR_CHECK(take(known, [](object_type t) { return t == object_type::tree; }));
    DOCTEUR_CHECK(take(known, [](object_type t) { return t == object_type::blob; }));
    return {};
  }

  std::span<const source_object> objects() const override { return objects_; }
  std::span<const source_version> versions() const override { return versions_; }
  std::string_view path(std::size_t index) const override { return of(index).path(places_[index].index); }

  outcome<void> read(std::size_t index, std::vector<std::byte>& out) const override {
    return of(index).read(places_[index].index, out);
  }
  outcome<void> read_verified(std::size_t index, std::vector<std::byte>& out) const override {
    return of(index).read_verified(places_[index].index, out);
  }
  outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const override {
    return of(index).open(places_[index].index);
  }

  std::optional<repository_place> repository() const override { return sources_.front().source->repository(); }

  // What several versions have in common is said once.
  source_notes notes() const override {
    source_notes all;
    const auto add = [](std::vector<std::string>& to, std::vector<std::string>&& from) {
      for (std::string& text : from)
        if (std::ranges::find(to, text) == to.end()) to.push_back(std::move(text));
    };
    for (const named_source& s : sources_) {
      source_notes some = s.source->notes();
      add(all.left_out, std::move(some.left_out));
      add(all.submodules, std::move(some.submodules));
      add(all.remarks, std::move(some.remarks));
      all.lfs_pointers += some.lfs_pointers;
      all.fetched_bytes = std::max(all.fetched_bytes, some.fetched_bytes);
    }
    all.remarks.insert(all.remarks.end(), remarks_.begin(), remarks_.end());
    return all;
  }

 private:
  struct place {
    std::uint32_t source;
    std::uint32_t index;  // in its objects()
  };

  outcome<void> check_names() const {
    std::set<std::string_view> names;
    for (const named_source& s : sources_) {
      if (!is_version_name(s.name))
        return give_up(blame::usage, printable(s.name) + ": no name for a version: it has 1 to " +
                                         std::to_string(kMostVersionName) +
                                         " bytes, no '/' and no control characters, and does not begin with '.'");
      if (!names.insert(s.name).second)
        return give_up(blame::usage,
                       printable(s.name) + ": the name of two versions; --branch REFERENCE=NAME names one");
      if (s.source->kind() != sources_.front().source->kind())
        return give_up(blame::usage, "versions with ids of SHA-1 and of SHA-256 cannot be in one image");
    }
    return {};
  }

  struct id_of {
    const std::vector<source_object>& objects;
    const oid& operator()(std::uint32_t number) const { return objects[number].id; }
  };
  using known_objects = oid_table<id_of>;
  template <class Wanted>
  outcome<void> take(known_objects& known, Wanted wanted) {
    for (std::uint32_t s = 0; s < sources_.size(); ++s) {
      const auto objects = sources_[s].source->objects();
      for (std::uint32_t i = 0; i < objects.size(); ++i) {
        if (!wanted(objects[i].type)) continue;
        if (const auto there = known.find(objects[i].id)) {
          if (objects_[*there].type == objects[i].type) continue;
          return give_up(blame::input, "object " + hex_text(objects[i].id) + " is a " +
                                           std::string(name(objects_[*there].type)) + " in one version and a " +
                                           std::string(name(objects[i].type)) + " in another");
        }
        if (objects_.size() >= known_objects::kMost)
          return give_up(blame::input, "the versions have more objects than a PACK can hold");
        objects_.push_back(objects[i]);
        places_.push_back({s, i});
        known.insert(static_cast<std::uint32_t>(objects_.size() - 1));
      }
    }
    return {};
  }

  [[nodiscard]] const commit_source& of(std::size_t index) const { return *sources_[places_[index].source].source; }

  std::vector<named_source> sources_;
  std::vector<source_version> versions_;
  std::vector<source_object> objects_;
  std::vector<place> places_;  // of each object
};

}  // namespace

outcome<std::unique_ptr<commit_source>> combine_versions(std::vector<named_source> versions) {
  auto source = std::make_unique<combined_source>(std::move(versions));
  DOCTEUR_CHECK(source->build());
  return source;
}

}  // namespace docteur
