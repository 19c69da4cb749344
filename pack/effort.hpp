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
// as it is in the PACK.
enum class purpose : std::uint8_t { balance, size, serve };

// libdeflate's levels, of what is written.
struct deflate_levels {
  int of_deltas;
  int of_wholes;
};

// How a pair is tried, and in 1/256 what the best encoding makes of a trial's size: without that, the fewer bytes a
// trial finds the more deltas are passed over, or the other way round.
struct trial_effort {
  delta_effort encoder;
  std::uint64_t of_size;
};

struct plan_effort {
  candidate_limits candidates;
  trial_effort trial;
  delta_effort best;         // of what is written
  unsigned ancestor_rounds;  // in which each object is tried against those it descends from
  unsigned kicks;            // of the search for the best forest, for every 16 objects
  deflate_levels levels;
  deflate_levels of_few_wholes;  // instead, when so little of the content is no delta that a longer search costs little
};

// What each gives and costs: doc/PERFORMANCE.md.
[[nodiscard]] constexpr plan_effort plan_of(effort e) noexcept {
  switch (e) {
    case effort::fast:
      return {.candidates = {.best = 3, .reach = 32, .neighbours = 1},
              .trial = {{16, 2, 4, 0, true}, 244},
              .best = {1, 24, 12, 1, false},
              .ancestor_rounds = 1,
              .kicks = 1,
              .levels = {6, 7},
              .of_few_wholes = {6, 7}};
    case effort::normal:
      return {.candidates = {.best = 8, .reach = 24, .neighbours = 1},
              .trial = {{8, 4, 4, 0, true}, 254},
              .best = {1, 32, 12, 4, false},
              .ancestor_rounds = 2,
              .kicks = 8,
              .levels = {10, 9},
              .of_few_wholes = {10, 12}};
    case effort::max: break;
  }
  return {.candidates = {.best = 24, .reach = 64, .neighbours = 3},
          .trial = {{1, 8, 8, 0, true}, 262},
          .best = {1, 128, 12, 8, false},
          .ancestor_rounds = 3,
          .kicks = 16,
          .levels = {12, 12},
          .of_few_wholes = {12, 12}};
}

}  // namespace docteur
