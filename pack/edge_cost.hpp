#pragma once
// What candidate pairs cost in the PACK: the size of each as a delta. Hosted.

#include <span>
#include <vector>

#include "object/progress.hpp"
#include "pack/candidates.hpp"
#include "pack/effort.hpp"
#include "pack/forest.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// Costs are in 1/kCostUnit byte of PACK.

// Cost of an object stored whole.
[[nodiscard]] std::uint64_t whole_cost(const object_store& store, std::size_t index);

// Encodes each of `pairs` (sorted by base), as well as `how` says, and estimates what of it is written in the end; the
// edges that save something, sorted by target and base. Uses the threads of the current TBB arena and up to
// `cache_bytes` for inflated objects, all threads together.
[[nodiscard]] outcome<std::vector<delta_edge>> price_pairs(const object_store& store, std::span<const delta_pair> pairs,
                                                           const trial_effort& how, std::size_t cache_bytes,
                                                           progress& report);

}  // namespace docteur
