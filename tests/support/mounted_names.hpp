#pragma once
// The names in a folder of a mounted tree, for tests.

#include <cstdint>
#include <string>
#include <vector>

#include "mount/mounted_tree.hpp"

namespace docteur {

// All names of a folder, `step` entries at a time; the error's text alone if it cannot be listed.
inline std::vector<std::string> names_of(mounted_tree& tree, std::uint64_t folder, std::size_t step) {
  std::vector<std::string> all;
  for (std::uint64_t place = 0;;) {
    std::size_t n = 0;
    std::uint64_t next = place;
    const auto listed = tree.list(folder, place, [&](const mounted_tree::listed& l) {
      if (n == step) return false;
      ++n;
      next = l.place;
      all.emplace_back(l.name);
      return true;
    });
    if (!listed) return {listed.error().what};
    if (next == place) return all;
    place = next;
  }
}

}  // namespace docteur
