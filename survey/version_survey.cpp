#include "survey/version_survey.hpp"

#include <algorithm>

#include "host/version_names.hpp"
#include "reader/version_list.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kSeveral = kNone - 1;

// Counts what each version reaches.
class version_counter {
 public:
  version_counter(const image& from, const image_survey& s)
      : from_(from), objects_(s.objects), entries_(from.index().count()), last_(entries_.size(), kNone), owner_(last_) {
    for (std::uint32_t p = 0; p < entries_.size(); ++p)
      entries_[p] = static_cast<std::uint32_t>(
          std::ranges::lower_bound(objects_, from.index().offset(p), {}, &surveyed_object::offset) - objects_.begin());
  }

  // `number`: of the commit; counts from 0 on. `reached`: receives the sum of all that it reaches.
  result<done> add(const version_list& list, const version& v, std::uint32_t number, surveyed_version& to,
                   object_sum& reached) {
    DOCTEUR_TRY(paths, snapshot::attach(from_, list, v));
    DOCTEUR_CHECK(reach(v.commit, number, reached));
    reach(paths.find("")->position, number, reached);
    DOCTEUR_TRY(all, paths.list("", snapshot::depth::all));
    while (const auto e = all.next())
      if (e->node.kind != entry_kind::submodule) reach(e->node.position, number, reached);
    to.paths = paths.tree().size();
    return done{};
  }
  result<done> reach(const oid& id, std::uint32_t number, object_sum& reached) {
    DOCTEUR_TRY(position, from_.index().find(id));
    if (!position) return fail(errc::malformed, 0, "the commit or a tag of a version is not in the image");
    reach(*position, number, reached);
    return done{};
  }
  void sum_up(version_survey& to) const {
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      const object_sum one{1, objects_[i].packed, objects_[i].content};
      (owner_[i] == kNone ? to.none : owner_[i] == kSeveral ? to.several : to.versions[owner_[i]].only) += one;
    }
  }

 private:
  void reach(std::uint32_t position, std::uint32_t number, object_sum& reached) {
    const std::uint32_t i = entries_[position];
    if (std::exchange(last_[i], number) == number) return;
    reached += object_sum{1, objects_[i].packed, objects_[i].content};
    owner_[i] = owner_[i] == kNone ? number : kSeveral;
  }

  const image& from_;
  const std::vector<surveyed_object>& objects_;
  std::vector<std::uint32_t> entries_;  // for each position in IDX, the index in objects_
  std::vector<std::uint32_t> last_;     // of each object: the last version that reached it
  std::vector<std::uint32_t> owner_;    // of each object: the version that reaches it, kNone or kSeveral
};

result<done> reach_tags(version_counter& counter, const version& v, std::uint32_t number, object_sum& reached) {
  const std::size_t size = id_size(v.commit.kind());
  for (bytes rest = v.tags; !rest.empty(); rest = rest.subspan(size))
    DOCTEUR_CHECK(counter.reach(oid::from(rest.data(), v.commit.kind()), number, reached));
  return done{};
}

}  // namespace

result<version_survey> survey_versions(const image& from, const image_survey& s) {
  version_survey all;
  DOCTEUR_TRY(list, version_list::load(from));
  if (list.empty()) return all;
  version_counter counter(from, s);
  std::vector<object_sum> reached;
  for (const version_names& names : names_of_versions(list)) {
    const auto number = static_cast<std::uint32_t>(all.versions.size());
    const version own = *list.find_name(names.name);
    surveyed_version& to = all.versions.emplace_back();
    object_sum& sum = reached.emplace_back();
    to.commit = own.commit;
    DOCTEUR_CHECK(counter.add(list, own, number, to, sum));
    to.names.emplace_back(names.name);
    to.names.insert(to.names.end(), names.aliases.begin(), names.aliases.end());
    for (const std::string& name : to.names) DOCTEUR_CHECK(reach_tags(counter, *list.find_name(name), number, sum));
  }
  counter.sum_up(all);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const object_sum& only = all.versions[i].only;
    all.versions[i].shared = {reached[i].objects - only.objects, reached[i].packed - only.packed,
                              reached[i].content - only.content};
  }
  return all;
}

}  // namespace docteur
