#pragma once
// Which objects become deltas, and of what: all bases chosen together. Hosted.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace docteur {

inline constexpr std::uint32_t kNoBase = 0xffffffff;

struct delta_edge {
  std::uint32_t target;
  std::uint32_t base;
  std::uint64_t cost;  // of the target as a delta of the base, in the unit of whole objects' costs
};

// What the choice is made from.
struct forest_costs {
  std::span<const std::uint64_t> whole;  // of each object stored whole
  std::span<const delta_edge> edges;     // sorted by target
  std::span<const std::uint64_t> bases;  // what each delta of an object costs beside the edge; empty: nothing
  [[nodiscard]] std::uint64_t of(const delta_edge& e) const { return e.cost + (bases.empty() ? 0 : bases[e.base]); }
};

// For each object its base, or kNoBase when it is to be stored whole, such that the sum of costs is small, no chain is
// longer than `max_depth` deltas, and no object is its own ancestor. The same input gives the same answer.
//
// Method: every object has a level, 0 to max_depth, and may use bases of lower levels only; given the levels, the best
// bases are known. Starting from the quick answer below, an object moves to the level where it and those that could use
// it cost the least together, until none moves. That is all without `kicks`. With them, it is done again from the top,
// where whatever base saves most is opened first, and the better of the two is searched further (iterated local
// search: Lourenço, Martin and Stützle, 2003): so many times an object is put on another level, those around it follow,
// and what made things worse is undone.
[[nodiscard]] std::vector<std::uint32_t> choose_bases(const forest_costs& costs, unsigned max_depth,
                                                      std::size_t kicks = 0);

// A greedy answer: the delta that saves most first.
[[nodiscard]] std::vector<std::uint32_t> choose_bases_quickly(const forest_costs& costs, unsigned max_depth);

}  // namespace docteur
