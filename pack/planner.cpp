#include "pack/planner.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "pack/candidates.hpp"
#include "pack/carried_deltas.hpp"
#include "pack/edge_cost.hpp"
#include "pack/followed_plan.hpp"
#include "pack/forest.hpp"
#include "pack/read_charge.hpp"

namespace docteur {
namespace {

// The depths of the trial forests whose chains show which objects descend from which, one per round.
constexpr unsigned kDeepTrials[] = {50, 16, 8};
// The ancestors that each object in a too long chain is tried against, by distance; also the root and the one below it.
constexpr std::size_t kAncestors[] = {2, 3, 4, 6, 9};

// Memory per pair, at most: the pair, its edge, and the two option lists of the forest.
constexpr std::size_t kPairBytes = sizeof(delta_pair) + 3 * sizeof(delta_edge);

// Limits the candidates per object to two thirds of `most_pairs`; the rest is for pairs with ancestors.
candidate_limits fitting(candidate_limits wanted, const std::vector<bool>& targets, std::size_t most_pairs) {
  const auto objects = static_cast<std::size_t>(std::ranges::count(targets, true));
  // Of `each` candidates per object, at least one is by features; each neighbour counts twice, for both sides.
  const std::size_t each = std::max<std::size_t>(most_pairs / 3 * 2 / std::max<std::size_t>(objects, 1), 1);
  wanted.neighbours = std::min(wanted.neighbours, (each - 1) / 2);
  wanted.best = std::min(wanted.best, each - 2 * wanted.neighbours);
  return wanted;
}

// The key that edges are sorted by.
std::tuple<std::uint32_t, std::uint32_t> ends_of(const delta_edge& e) { return {e.target, e.base}; }

bool has_edge(std::span<const delta_edge> edges, const delta_pair& pair) {
  return std::ranges::binary_search(edges, std::tuple(pair.target, pair.base), {}, ends_of);
}

// Returns pairs of targets and their farther ancestors, which have no edge yet, sorted by base. Only trees deeper than
// `max_depth` are considered: there, an object cannot keep its place below its base.
//
//   root <- a <- b <- c <- d      d is tried against b, a and root (distances 2, 3, 4); d on c has an edge
std::vector<delta_pair> ancestor_pairs(std::span<const std::uint32_t> bases, std::span<const delta_edge> edges,
                                       const std::vector<bool>& targets, unsigned max_depth) {
  std::vector<unsigned> height(bases.size());  // of the tree below each root
  std::vector<std::uint32_t> chain;            // an object, its base, the base's base, and so on
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
    if (!targets[i]) continue;
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

std::span<const kept_entry> entries_of(const kept_entries* kept) {
  return kept != nullptr ? kept->entries() : std::span<const kept_entry>();
}

class planner {
 public:
  planner(std::span<const source_object> objects, const object_store& store, const std::vector<bool>& eligible,
          const plan_limits& limits, progress& report)
      : store_(store),
        limits_(limits),
        report_(report),
        charge_(objects, store, eligible, limits.purpose),
        kept_(entries_of(limits.kept)) {
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const std::uint64_t whole = whole_cost(store, i);
      whole_.push_back(whole - std::min(whole, charge_.of_target(i)));
    }
  }

  [[nodiscard]] std::size_t most_pairs() const { return limits_.pair_bytes / kPairBytes; }

  // Prices `pairs` and adds their edges to those that can be chosen.
  outcome<void> price(std::span<const delta_pair> pairs, std::string_view phase) {
    report_.phase(phase, pairs.size());
    DOCTEUR_TRY(more, price_pairs(store_, pairs, limits_.effort.trial, limits_.cache_bytes, report_));
    add(more);
    return {};
  }
  void add(std::span<const delta_edge> more) {
    std::vector<delta_edge> all;
    all.reserve(edges_.size() + more.size());
    std::ranges::merge(edges_, more, std::back_inserter(all), {}, ends_of, ends_of);
    edges_ = std::move(all);
  }

  // The charge of a base depends on how many deltas use it, and that depends on the charge. A few turns settle both.
  void settle_charges(unsigned turns) {
    if (limits_.purpose == purpose::size) return;  // nothing is charged
    for (unsigned i = 0; i < turns; ++i) charge_.assume(with_kept(choose_bases(costs(), limits_.max_depth)));
  }

  [[nodiscard]] std::vector<std::uint32_t> choose() const {
    return with_kept(choose_bases(costs(), limits_.max_depth, planned() * limits_.effort.kicks / 16));
  }

  // Makes a trial forest of chains of up to `depth` deltas and prices each target against its farther ancestors there.
  outcome<void> try_ancestors(const std::vector<bool>& targets, unsigned depth) {
    if (limits_.max_depth >= depth) return {};
    const std::vector<delta_pair> further =
        ancestor_pairs(choose_bases_quickly(costs(), depth), edges_, targets, limits_.max_depth);
    if (edges_.size() + further.size() > most_pairs()) return {};  // no part of them is better than another
    return price(further, "comparing further");
  }

 private:
  [[nodiscard]] forest_costs costs() const { return {whole_, edges_, charge_.of_bases(), kept_}; }

  // The number of objects that are not kept.
  [[nodiscard]] std::size_t planned() const {
    return whole_.size() - static_cast<std::size_t>(std::ranges::count_if(kept_, &kept_entry::is_kept));
  }
  [[nodiscard]] std::vector<std::uint32_t> with_kept(std::vector<std::uint32_t> bases) const {
    for (std::size_t i = 0; i < kept_.size(); ++i)
      if (kept_[i].is_kept()) bases[i] = kept_[i].base;
    return bases;
  }

  const object_store& store_;
  const plan_limits& limits_;
  progress& report_;
  read_charge charge_;
  std::span<const kept_entry> kept_;
  std::vector<std::uint64_t> whole_;
  std::vector<delta_edge> edges_;
};

}  // namespace

outcome<delta_plan> plan_deltas(const object_source& source, object_store& store,
                                std::unique_ptr<feature_collector> features, const std::vector<bool>& eligible,
                                const plan_limits& limits, progress& report) {
  delta_plan plan;
  std::vector<delta_edge> carried;  // before costs are asked for, as it measures objects
  if (limits.kept != nullptr) {
    DOCTEUR_TRY(found, carry_deltas(*limits.kept, store, *features, eligible, limits.cache_bytes, report));
    carried = std::move(found);
  }
  planner p(source.objects(), store, eligible, limits, report);
  std::vector<bool> targets = eligible;
  const std::span<const kept_entry> kept = entries_of(limits.kept);
  if (limits.kept != nullptr) {
    p.add(carried);
    plan.carried.resize(kept.size());
    for (const delta_edge& e : carried) plan.carried[e.target] = true;
    for (std::size_t i = 0; i < kept.size(); ++i)
      if (kept[i].is_kept() || plan.carried[i]) targets[i] = false;
    DOCTEUR_TRY(followed,
                follow_plan(*limits.kept, store, eligible, limits.effort.trial, limits.cache_bytes, targets, report));
    p.add(followed);
  }
  const auto candidates = [&] {
    const std::span<const feature> shared = limits.kept != nullptr ? features->finish(targets) : features->finish();
    std::vector<delta_pair> pairs = find_candidates(
        source, eligible, shared, fitting(limits.effort.candidates, targets, p.most_pairs()), targets, kept);
    features.reset();
    return pairs;
  };
  DOCTEUR_CHECK(p.price(candidates(), "comparing"));
  for (const unsigned depth : std::span(kDeepTrials).first(limits.effort.ancestor_rounds)) {
    p.settle_charges(1);
    DOCTEUR_CHECK(p.try_ancestors(targets, depth));
  }
  p.settle_charges(2);
  plan.bases = p.choose();
  for (std::size_t i = 0; i < plan.carried.size(); ++i)
    if (plan.carried[i] && plan.bases[i] != kept[i].base) plan.carried[i] = false;
  return plan;
}

}  // namespace docteur
