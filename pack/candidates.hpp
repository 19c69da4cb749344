#pragma once
// Which objects are worth trying as bases of which: a few for each. Hosted.

#include <cstdint>
#include <span>
#include <vector>

#include "pack/features.hpp"

namespace docteur {

struct delta_pair {
  std::uint32_t base;
  std::uint32_t target;
  friend auto operator<=>(const delta_pair&, const delta_pair&) = default;
};

struct candidate_limits {
  std::size_t best;        // bases per object, those that share the most features with it
  std::size_t reach;       // objects looked at on each side in the list of those that share one feature
  std::size_t neighbours;  // further bases on each side in git's order of names and sizes
};

// Sorted by base, then target; no pair twice. `shared`: feature_collector::finish().
[[nodiscard]] std::vector<delta_pair> find_candidates(const object_source& source, const std::vector<bool>& eligible,
                                                      std::span<const feature> shared, const candidate_limits& limits);

// Sorts alike names together and the end of a name before its start: git's pack_name_hash.
[[nodiscard]] std::uint32_t name_hash(std::string_view path) noexcept;

}  // namespace docteur
