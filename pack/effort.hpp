#pragma once
// What a caller asks of the planner, and what that means: one table. Hosted.

#include <cstddef>
#include <cstdint>

#include "pack/candidates.hpp"
#include "pack/delta_encoder.hpp"

namespace docteur {

// How long to look for a small PACK.
enum class effort : std::uint8_t { fast, normal, max };

// What a PACK is to be good for. `serve`: deltas only where they save much, as what is no delta goes to an HTTP client
// as it lies in the PACK.
enum class purpose : std::uint8_t { balance, size, serve };

// libdeflate's levels, of what is written.
struct deflate_levels {
  int of_deltas;
  int of_wholes;
};

struct plan_effort {
  candidate_limits candidates;
  delta_effort trial;        // of each pair
  unsigned ancestor_rounds;  // in which each object is tried against those it descends from
  unsigned kicks;            // of the search for the best forest, for every 16 objects
  deflate_levels levels;
  deflate_levels of_few_wholes;  // instead, when so little of the content is no delta that a longer search costs little
};

// What each gives and costs: doc/PERFORMANCE.md.
[[nodiscard]] constexpr plan_effort plan_of(effort e) noexcept {
  switch (e) {
    case effort::fast: return {{.best = 3, .reach = 16, .neighbours = 1}, {16, 2, 4, true}, 1, 1, {6, 7}, {6, 8}};
    case effort::normal: return {{.best = 8, .reach = 24, .neighbours = 1}, {8, 4, 4, true}, 2, 8, {9, 9}, {10, 12}};
    case effort::max: break;
  }
  return {{.best = 24, .reach = 64, .neighbours = 3}, {1, 8, 8, true}, 3, 64, {12, 12}, {12, 12}};
}

}  // namespace docteur
