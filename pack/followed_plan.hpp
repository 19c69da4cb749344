#pragma once
// Objects that an older PACK says how to store: as their predecessors at the same paths are stored there. Hosted.

#include <cstddef>
#include <vector>

#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/forest.hpp"
#include "pack/kept_entries.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// Removes from `targets` each object for which the plan of its predecessor is still good: a delta from the base that is
// suggested, or the whole, if that costs at most an eighth more than the predecessor's stream. Returns the edges of
// these deltas, by target. No other base is looked for, which is most of the work where many objects change a little.
// `eligible[i]`: object i may be a delta or a base. `cache_bytes`: of content, all threads together. Fails when the
// store cannot be read or `report` says to stop. Uses the threads of the current TBB arena.
[[nodiscard]] outcome<std::vector<delta_edge>> follow_plan(const kept_entries& kept, const object_store& store,
                                                           const std::vector<bool>& eligible,
                                                           const trial_effort& effort, std::size_t cache_bytes,
                                                           std::vector<bool>& targets, progress& report);

}  // namespace docteur
