#pragma once
// For each object, the few others that are worth trying as its delta base. Hosted.

#include <cstdint>
#include <span>
#include <vector>

#include "pack/features.hpp"
#include "pack/kept_entries.hpp"

namespace docteur {

struct delta_pair {
  std::uint32_t base;
  std::uint32_t target;
  friend auto operator<=>(const delta_pair&, const delta_pair&) = default;
};

struct candidate_limits {
  std::size_t best;        // bases per object: those that share the most features with it
  std::size_t reach;       // of the objects that share one feature: so many before and after an object are counted
  std::size_t neighbours;  // further bases: so many on each side in git's order by name and size
};

// Returns the pairs to try, sorted by base, then target, without duplicates. Pairs are of one type of object, and both
// are eligible. `shared`: what feature_collector::finish() returned. `targets[i]`: bases are looked for; `kept`: by
// object; what is suggested for targets is tried, too. Either may be empty: all are targets, nothing is suggested. Uses
// the threads of the current TBB arena.
[[nodiscard]] std::vector<delta_pair> find_candidates(const object_source& source, const std::vector<bool>& eligible,
                                                      std::span<const feature> shared, const candidate_limits& limits,
                                                      const std::vector<bool>& targets = {},
                                                      std::span<const kept_entry> kept = {});

// Returns the objects among which the bases of few new ones are looked for: those that are not kept, those that are
// suggested for them, and `reach` on each side of them in git's order by name and size. `kept`: by object.
[[nodiscard]] std::vector<bool> near_new_objects(const object_source& source, const std::vector<bool>& eligible,
                                                 std::span<const kept_entry> kept, std::size_t reach);

// Git's pack_name_hash() (pack-objects.h): similar names have close values, and the end of a path weighs most.
// `path` is relative to the root, '/'-separated.
[[nodiscard]] std::uint32_t name_hash(std::string_view path) noexcept;

}  // namespace docteur
