#pragma once
// From the objects of a store to the base of each: candidates, their price, the choice. Hosted.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/features.hpp"
#include "pack/object_store.hpp"

namespace docteur {

struct plan_limits {
  plan_effort effort;
  purpose what_for;
  unsigned max_depth;       // deltas on the way to any object
  std::size_t cache_bytes;  // of inflated objects, all threads together
  std::size_t pair_bytes;   // of pairs and what is made of them, about: there are fewer pairs than the effort's where
                            // they do not fit, but one for each object in any case
};

// For each object its base, or kNoBase. `eligible[i]`: object i may be a delta or a base. `features` has seen all
// objects; it is given up as soon as there are candidates, before they take memory. Uses the threads of the current TBB
// arena.
[[nodiscard]] outcome<std::vector<std::uint32_t>> plan_deltas(const object_source& source, const object_store& store,
                                                              std::unique_ptr<feature_collector> features,
                                                              const std::vector<bool>& eligible,
                                                              const plan_limits& limits, progress& report);

}  // namespace docteur
