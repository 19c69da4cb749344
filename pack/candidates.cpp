#include "pack/candidates.hpp"

#include <tbb/blocked_range.h>
#include <tbb/combinable.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

#include <algorithm>
#include <tuple>

namespace docteur {
namespace {

// A base must share at least this many features with its target, and one in kLeastSharedPart of the target's.
constexpr unsigned kLeastShared = 2;
constexpr unsigned kLeastSharedPart = 16;
constexpr std::uint64_t kFewFeatures = 4096;  // bytes of content: a smaller object has too few features to decide by

// The positions of each object's features in the sorted list.
class feature_positions {
 public:
  feature_positions(std::span<const feature> shared, std::size_t objects)
      : begin_(objects + 1), positions_(shared.size()) {
    for (const feature f : shared) ++begin_[object_index(f) + 1];
    for (std::size_t i = 1; i <= objects; ++i) begin_[i] += begin_[i - 1];
    std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (std::size_t at = 0; at < shared.size(); ++at)
      positions_[next[object_index(shared[at])]++] = static_cast<std::uint32_t>(at);
  }
  [[nodiscard]] std::span<const std::uint32_t> of(std::size_t object) const {
    return std::span(positions_).subspan(begin_[object], begin_[object + 1] - begin_[object]);
  }
  // The number of features that an object must share with a base.
  [[nodiscard]] unsigned least(std::size_t object) const {
    return std::max(kLeastShared, static_cast<unsigned>(of(object).size()) / kLeastSharedPart);
  }

 private:
  std::vector<std::uint32_t> begin_;
  std::vector<std::uint32_t> positions_;
};

// Both lists of features are in order of hashes, so one walk over the two, as in a merge, counts what is in both:
//
//   base    3  5  8  9        3 < 5: step in base;  5 = 5: count, step in both;  8 > 7: step in target; ...
//   target  5  7  9
bool share_enough(std::span<const feature> shared, const feature_positions& positions, std::uint32_t base,
                  std::uint32_t target) {
  const std::span<const std::uint32_t> a = positions.of(base), b = positions.of(target);
  unsigned missing = positions.least(target);
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size() && missing > 0;) {
    const std::uint32_t x = window_hash(shared[a[i]]), y = window_hash(shared[b[j]]);
    if (x == y) --missing;
    if (x <= y) ++i;
    if (y <= x) ++j;
  }
  return missing == 0;
}

bool is_target(const std::vector<bool>& targets, std::size_t object) { return targets.empty() || targets[object]; }

// Counts the features that one object shares with each other object.
class tally {
 public:
  explicit tally(std::size_t objects) : counts_(objects) {}

  void add(std::uint32_t object) {
    if (counts_[object]++ == 0) touched_.push_back(object);
  }
  // Returns the `most` objects with the highest counts that are at least `least`; among equal counts, those with the
  // index nearest to `self` first. The view is valid until the next call. All counts are zero again afterwards.
  std::span<const std::uint32_t> best(std::uint32_t self, std::size_t most, unsigned least) {
    std::erase_if(touched_, [&](std::uint32_t object) {
      const bool few = counts_[object] < least;
      if (few) counts_[object] = 0;
      return few;
    });
    const auto rank = [&](std::uint32_t object) {
      const std::uint32_t distance = object > self ? object - self : self - object;
      return std::tuple(-static_cast<std::int64_t>(counts_[object]), distance, object);
    };
    most = std::min(most, touched_.size());
    std::ranges::partial_sort(touched_, touched_.begin() + static_cast<std::ptrdiff_t>(most), {}, rank);
    best_.assign(touched_.begin(), touched_.begin() + static_cast<std::ptrdiff_t>(most));
    for (const std::uint32_t object : touched_) counts_[object] = 0;
    touched_.clear();
    return best_;
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint32_t> touched_;
  std::vector<std::uint32_t> best_;
};

// Adds for each object those that share the most features with it. All objects with one feature stand side by side in
// `shared`, in index order; with a reach of 2, these count for the marked one:
//
//   hash    17  42  42  42  42  42  42  58
//   object   9   1   3   4   8  11  20   2
//                    ^   ^   *   ^   ^
void add_similar(std::span<const feature> shared, const feature_positions& positions, std::size_t objects,
                 const candidate_limits& limits, const std::vector<bool>& targets,
                 tbb::combinable<std::vector<delta_pair>>& found) {
  tbb::enumerable_thread_specific<tally> tallies([&] { return tally(objects); });
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, objects, 64), [&](const auto& range) {
    tally& counts = tallies.local();
    std::vector<delta_pair>& out = found.local();
    for (std::size_t i = range.begin(); i < range.end(); ++i) {
      if (!is_target(targets, i)) continue;
      const auto self = static_cast<std::uint32_t>(i);
      for (const std::size_t at : positions.of(i)) {
        const std::uint32_t hash = window_hash(shared[at]);
        for (std::size_t p = at; p-- > 0 && at - p <= limits.reach && window_hash(shared[p]) == hash;)
          counts.add(object_index(shared[p]));
        for (std::size_t p = at + 1; p < shared.size() && p - at <= limits.reach && window_hash(shared[p]) == hash; ++p)
          counts.add(object_index(shared[p]));
      }
      for (const std::uint32_t base : counts.best(self, limits.best, positions.least(i))) out.push_back({base, self});
    }
  });
}

// An object in git's order by type, name hash and size.
struct name_key {
  object_type type;
  std::uint32_t hash;
  std::uint64_t size;
  std::uint32_t index;
  auto operator<=>(const name_key&) const = default;
};

std::vector<name_key> order_by_name(const object_source& source, const std::vector<bool>& eligible) {
  const std::span<const source_object> objects = source.objects();
  std::vector<name_key> order;
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (eligible[i])
      order.push_back({objects[i].type, name_hash(source.path(i)), objects[i].size, static_cast<std::uint32_t>(i)});
  std::ranges::sort(order);
  return order;
}

// Calls `take` for each two objects of one type that are at most `reach` apart.
template <class Take>
void for_neighbours(std::span<const name_key> order, std::size_t reach, Take take) {
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = i + 1; j < order.size() && j - i <= reach && order[j].type == order[i].type; ++j)
      take(order[i], order[j]);
}

// Adds neighbours in that order. Pairs that share too few features are left out, unless
// the target is too small to decide by features: in source code, where names mean little, those are most.
void add_neighbours(const object_source& source, const std::vector<bool>& eligible, std::span<const feature> shared,
                    const feature_positions& positions, std::size_t reach, const std::vector<bool>& targets,
                    std::vector<delta_pair>& found) {
  const auto add = [&](const name_key& base, const name_key& target) {
    if (!is_target(targets, target.index)) return;
    if (target.size < kFewFeatures || share_enough(shared, positions, base.index, target.index))
      found.push_back({base.index, target.index});
  };
  for_neighbours(order_by_name(source, eligible), reach, [&](const name_key& a, const name_key& b) {
    add(a, b);
    add(b, a);
  });
}

// Calls `take` for each object that is not kept and the base that is suggested for it, if both are eligible.
template <class Take>
void for_suggestions(std::span<const source_object> objects, const std::vector<bool>& eligible,
                     std::span<const kept_entry> kept, Take take) {
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    const std::uint32_t base = kept[i].base;
    if (kept[i].is_kept() || base == kNoBase || base == i || !eligible[i] || !eligible[base]) continue;
    if (objects[i].type == objects[base].type) take(base, i);
  }
}

}  // namespace

std::uint32_t name_hash(std::string_view path) noexcept {
  std::uint32_t hash = 0;
  for (const char c : path) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    hash = (hash >> 2) + (static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 24);
  }
  return hash;
}

std::vector<delta_pair> find_candidates(const object_source& source, const std::vector<bool>& eligible,
                                        std::span<const feature> shared, const candidate_limits& limits,
                                        const std::vector<bool>& targets, std::span<const kept_entry> kept) {
  tbb::combinable<std::vector<delta_pair>> found;
  const feature_positions positions(shared, source.objects().size());
  add_similar(shared, positions, source.objects().size(), limits, targets, found);
  add_neighbours(source, eligible, shared, positions, limits.neighbours, targets, found.local());
  for_suggestions(source.objects(), eligible, kept, [&](std::uint32_t base, std::uint32_t target) {
    if (is_target(targets, target)) found.local().push_back({base, target});
  });
  std::vector<delta_pair> pairs;
  found.combine_each([&](const std::vector<delta_pair>& some) { pairs.insert(pairs.end(), some.begin(), some.end()); });
  tbb::parallel_sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

std::vector<bool> near_new_objects(const object_source& source, const std::vector<bool>& eligible,
                                   std::span<const kept_entry> kept, std::size_t reach) {
  std::vector<bool> near(kept.size());
  for (std::size_t i = 0; i < near.size(); ++i) near[i] = eligible[i] && !kept[i].is_kept();
  for_neighbours(order_by_name(source, eligible), reach, [&](const name_key& a, const name_key& b) {
    if (!kept[a.index].is_kept()) near[b.index] = true;
    if (!kept[b.index].is_kept()) near[a.index] = true;
  });
  for_suggestions(source.objects(), eligible, kept, [&](std::uint32_t base, std::uint32_t) { near[base] = true; });
  return near;
}

}  // namespace docteur
