#include "pack/followed_plan.hpp"

#include <algorithm>

#include "pack/edge_cost.hpp"
#include "pack/read_charge.hpp"

namespace docteur {
namespace {

// Whether `cost` is still like that of a predecessor. The bytes beside the eighth are for small objects, such as
// folders.
bool is_like(std::uint64_t cost, const kept_entry& before) {
  constexpr std::uint64_t kMore = 16;  // bytes
  return cost <= (before.stream_size + before.stream_size / 8 + kMore) * kCostUnit;
}

}  // namespace

outcome<std::vector<delta_edge>> follow_plan(const kept_entries& kept, const object_store& store,
                                             const std::vector<bool>& eligible, const trial_effort& effort,
                                             std::size_t cache_bytes, std::vector<bool>& targets, progress& report) {
  const std::span<const kept_entry> entries = kept.entries();
  std::vector<delta_pair> pairs;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!targets[i]) continue;
    const kept_entry& entry = entries[i];
    if (entry.was_whole() && is_like(whole_cost(store, i), entry)) targets[i] = false;
    if (may_carry(entries, i, eligible)) pairs.push_back({entry.base, i});
  }
  std::ranges::sort(pairs);
  report.phase("following", pairs.size());
  DOCTEUR_TRY(edges, price_pairs(store, pairs, effort, cache_bytes, report));
  std::erase_if(edges, [&](const delta_edge& e) { return !is_like(e.cost, entries[e.target]); });
  for (const delta_edge& e : edges) targets[e.target] = false;
  return edges;
}

}  // namespace docteur
