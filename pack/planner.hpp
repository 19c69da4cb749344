#pragma once
// Plans the deltas of a PACK: finds candidate pairs, prices them, and chooses a base for each object. Hosted.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/features.hpp"
#include "pack/kept_entries.hpp"
#include "pack/object_store.hpp"

namespace docteur {

struct plan_limits {
  plan_effort effort;
  docteur::purpose purpose;
  unsigned max_depth;        // deltas on the way to any object
  std::size_t cache_bytes;   // memory for content, all threads together
  const kept_entries* kept;  // what stays as it is in an older PACK; null: nothing
  std::size_t pair_bytes;    // memory for pairs and their prices, about: if those of the effort do not fit, each object
                             // gets fewer, but at least one
};

struct delta_plan {
  std::vector<std::uint32_t> bases;  // of each object its base, or kNoBase; those that are kept have the base they had
  // By object: the delta that its predecessor has in the older PACK makes it from its base. Empty: of none.
  std::vector<bool> carried;
};

// Plans all objects. `eligible[i]`: object i may be a delta or a base. `features` must have
// seen all objects; it is released once the candidates are found. Fails when the store cannot be read or `report` says
// to stop. Uses the threads of the current TBB arena.
[[nodiscard]] outcome<delta_plan> plan_deltas(const object_source& source, object_store& store,
                                              std::unique_ptr<feature_collector> features,
                                              const std::vector<bool>& eligible, const plan_limits& limits,
                                              progress& report);

}  // namespace docteur
