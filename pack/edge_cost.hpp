#pragma once
// The costs of objects stored whole and as deltas, in units of 1/kCostUnit byte of PACK. Hosted.

#include <span>
#include <vector>

#include "object/progress.hpp"
#include "pack/candidates.hpp"
#include "pack/effort.hpp"
#include "pack/forest.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// Returns the cost of object `index` stored whole: an estimate of its zlib stream, and the entry's header.
[[nodiscard]] std::uint64_t whole_cost(const object_store& store, std::size_t index);

// Returns the cost of a delta whose zlib stream has `stream_size` bytes, with the entry's header.
[[nodiscard]] std::uint64_t delta_cost(std::uint64_t stream_size);

// Encodes each of `pairs` (sorted by base) with `effort` and estimates its cost in the PACK. Returns the edges that
// cost less than their target stored whole, sorted by target and base. Fails when the store cannot be read or `report`
// says to stop. Uses the threads of the current TBB arena, and up to `cache_bytes` for content, all threads together.
[[nodiscard]] outcome<std::vector<delta_edge>> price_pairs(const object_store& store, std::span<const delta_pair> pairs,
                                                           const trial_effort& effort, std::size_t cache_bytes,
                                                           progress& report);

}  // namespace docteur
