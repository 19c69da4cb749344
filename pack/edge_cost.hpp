#pragma once
// What candidate pairs are worth: the size of each as a delta in the PACK. Hosted.

#include <span>
#include <vector>

#include "object/progress.hpp"
#include "pack/candidates.hpp"
#include "pack/forest.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// Costs are in units of 1/kCostUnit byte of PACK. A delta's has what its base costs to inflate added, once: a byte of
// PACK is worth kCostUnit bytes made by inflate, and each byte that inflate takes costs as much as kTakenByte that it
// makes (libdeflate, measured; what a choice of kCostUnit gives: doc/PERFORMANCE.md).
inline constexpr std::uint64_t kCostUnit = 96;
inline constexpr std::uint64_t kTakenByte = 16;

// Cost of an object stored whole.
[[nodiscard]] std::uint64_t whole_cost(const object_store& store, std::size_t index);

// Encodes and deflates, quickly, each of `pairs` (sorted by base); the edges that save something, sorted by target.
// Uses the threads of the current TBB arena and up to `cache_bytes` for inflated objects, all threads together.
[[nodiscard]] outcome<std::vector<delta_edge>> price_pairs(std::span<const source_object> objects,
                                                           const object_store& store, std::span<const delta_pair> pairs,
                                                           std::size_t cache_bytes, progress& report);

}  // namespace docteur
