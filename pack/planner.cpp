#include "pack/planner.hpp"

#include <algorithm>
#include <tuple>

#include "pack/candidates.hpp"
#include "pack/edge_cost.hpp"
#include "pack/forest.hpp"

namespace docteur {
namespace {

constexpr candidate_limits kCandidates{.best = 6, .reach = 16, .neighbours = 1};
// Chains as long as this show which objects descend from which; then each is tried against its ancestors.
constexpr unsigned kDeepTrial = 50;
constexpr std::size_t kAncestors[] = {2, 3, 4, 6, 9};  // and the root and the one next to it

bool has_edge(std::span<const delta_edge> edges, const delta_pair& pair) {
  const auto key = [](const delta_edge& e) { return std::tuple(e.target, e.base); };
  return std::ranges::binary_search(edges, std::tuple(pair.target, pair.base), {}, key);
}

// Pairs of objects and their farther ancestors in trees that are deeper than `max_depth`, sorted by base.
std::vector<delta_pair> ancestor_pairs(std::span<const std::uint32_t> bases, std::span<const delta_edge> edges,
                                       unsigned max_depth) {
  std::vector<unsigned> height(bases.size());  // of each root's tree
  std::vector<std::uint32_t> chain;            // an object, its base, and so on
  const auto climb = [&](std::uint32_t i) {
    chain.clear();
    for (; i != kNoBase; i = bases[i]) chain.push_back(i);
  };
  for (std::uint32_t i = 0; i < bases.size(); ++i) {
    climb(i);
    height[chain.back()] = std::max(height[chain.back()], static_cast<unsigned>(chain.size() - 1));
  }
  std::vector<delta_pair> pairs;
  for (std::uint32_t i = 0; i < bases.size(); ++i) {
    climb(i);
    if (height[chain.back()] <= max_depth) continue;
    const auto add = [&](std::size_t distance) {
      if (distance < 2 || distance >= chain.size()) return;
      const delta_pair pair{chain[distance], i};
      if (!has_edge(edges, pair)) pairs.push_back(pair);
    };
    for (const std::size_t distance : kAncestors) add(distance);
    add(chain.size() - 1);
    add(chain.size() - 2);
  }
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

}  // namespace

outcome<std::vector<std::uint32_t>> plan_deltas(const object_source& source, const object_store& store,
                                                feature_collector& features, const std::vector<bool>& eligible,
                                                const plan_limits& limits, progress& report) {
  const std::span<const source_object> objects = source.objects();
  const std::vector<delta_pair> pairs = find_candidates(source, eligible, features.finish(), kCandidates);
  report.phase("comparing", pairs.size());
  DOCTEUR_TRY(edges, price_pairs(objects, store, pairs, limits.cache_bytes, report));
  std::vector<std::uint64_t> whole(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) whole[i] = whole_cost(store, i);

  if (limits.max_depth < kDeepTrial) {
    const std::vector<std::uint32_t> deep = choose_bases_quickly(whole, edges, kDeepTrial);
    const std::vector<delta_pair> further = ancestor_pairs(deep, edges, limits.max_depth);
    report.phase("comparing further", further.size());
    DOCTEUR_TRY(more, price_pairs(objects, store, further, limits.cache_bytes, report));
    const auto middle = edges.insert(edges.end(), more.begin(), more.end());
    std::ranges::inplace_merge(edges, middle, {}, [](const delta_edge& e) { return std::tuple(e.target, e.base); });
  }
  return choose_bases(whole, edges, limits.max_depth);
}

}  // namespace docteur
