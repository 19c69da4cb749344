#pragma once
// Chooses which objects become deltas, and the bases of all deltas together. Hosted.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pack/kept_entries.hpp"

namespace docteur {

struct delta_edge {
  std::uint32_t target;
  std::uint32_t base;
  std::uint64_t cost;  // of the target as a delta of the base
};

// The costs to choose by, all in one unit.
struct forest_costs {
  std::span<const std::uint64_t> whole;  // of each object stored whole
  std::span<const delta_edge> edges;     // sorted by target
  std::span<const std::uint64_t> bases;  // by object: added to the cost of each delta of it; empty: nothing is added
  std::span<const kept_entry> kept{};    // by object: those that are kept stay what they are; empty: none is
  [[nodiscard]] std::uint64_t of(const delta_edge& e) const { return e.cost + (bases.empty() ? 0 : bases[e.base]); }
  [[nodiscard]] bool is_kept(std::size_t object) const { return !kept.empty() && kept[object].is_kept(); }
  // Deltas on the way to an object that is kept; 0 for any other.
  [[nodiscard]] unsigned depth(std::size_t object) const { return is_kept(object) ? kept[object].depth : 0; }
};

// Returns for each object its base, or kNoBase if it is to be stored whole. The sum of costs is small, no chain is
// longer than `max_depth` deltas, and no object is its own ancestor. An object that is kept has kNoBase here, no edge
// has it as its target, and a chain that ends in it is as much longer as its depth says. The same input gives the same
// result.
//
// Method: each object has a level from 0 to max_depth and may use only bases of lower levels, so chains are bounded and
// there are no circles; given the levels, the best base of each object is known. A local search then moves single
// objects to the level where they and their possible users cost the least together, until none moves.
//
// Without `kicks`, the search starts from choose_bases_quickly(), and that is all. With kicks, it is done a second time
// with all objects on the deepest level, from where the object whose lift saves most is lifted first. The better result
// is improved by iterated local search (Lourenço, Martin and Stützle, 2003): `kicks` times, one object is put on a
// random level, the objects around it are moved to their best levels, and all of it is undone if the sum of costs has
// grown.
[[nodiscard]] std::vector<std::uint32_t> choose_bases(const forest_costs& costs, unsigned max_depth,
                                                      std::size_t kicks = 0);

// The same by a greedy choice: the delta that saves most is taken first.
[[nodiscard]] std::vector<std::uint32_t> choose_bases_quickly(const forest_costs& costs, unsigned max_depth);

}  // namespace docteur
