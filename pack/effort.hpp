#pragma once
// The efforts and purposes that a caller can choose, and the one table of what each effort means. Hosted.

#include <cstddef>
#include <cstdint>

#include "pack/candidates.hpp"
#include "pack/delta_encoder.hpp"

namespace docteur {

// How much time to spend on a small PACK.
enum class effort : std::uint8_t { fast, normal, max };

// What the PACK is optimized for. `size`: the fewest bytes. `serve`: an HTTP server; an object that is not a delta goes
// to the client as it is in the PACK, so only deltas that save much are made. `balance`: between the two.
enum class purpose : std::uint8_t { balance, size, serve };

// libdeflate's levels, 1 (fast) to 12 (small), for the entries that are written.
struct deflate_levels {
  int deltas;
  int wholes;  // objects that are not deltas
};

// How a pair is priced. A trial encodes it quickly; the delta that is written later is encoded with `plan_effort::best`
// and has another size. `best_of_256` corrects for that: its size is about trial size * best_of_256 / 256. Uncorrected,
// a trial that finds less makes deltas look too expensive, and one that finds more makes them look too cheap.
struct trial_effort {
  delta_effort encoder;
  std::uint64_t best_of_256;
};

struct plan_effort {
  candidate_limits candidates;
  trial_effort trial;
  delta_effort best;         // for the deltas that are written
  unsigned ancestor_rounds;  // rounds in which each object is tried against its farther ancestors, 3 at most
  unsigned kicks;            // of the search for the best forest (forest.hpp), per 16 objects
  deflate_levels levels;
  deflate_levels levels_if_few_wholes;  // replaces `levels` if at most an eighth of the content is not in deltas: a
                                        // slower level costs little then
  deflate_levels levels_of_next;        // replaces both where most is taken from an older PACK, to be made quickly
};

// The row of the table for effort `e`. doc/PERFORMANCE.md has the size and time of each.
[[nodiscard]] constexpr plan_effort plan_of(effort e) noexcept {
  switch (e) {
    case effort::fast:
      return {
          .candidates = {.best = 3, .reach = 32, .neighbours = 1},
          .trial = {.encoder = {.stride = 16, .chain = 2, .patience = 4, .lazy = 0, .may_give_up = true},
                    .best_of_256 = 244},
          .best = {.stride = 1, .chain = 24, .patience = 12, .lazy = 1, .may_give_up = false},
          .ancestor_rounds = 1,
          .kicks = 1,
          .levels = {.deltas = 6, .wholes = 7},
          .levels_if_few_wholes = {.deltas = 6, .wholes = 7},
          .levels_of_next = {.deltas = 6, .wholes = 7},
      };
    case effort::normal:
      return {
          .candidates = {.best = 8, .reach = 24, .neighbours = 1},
          .trial = {.encoder = {.stride = 8, .chain = 4, .patience = 4, .lazy = 0, .may_give_up = true},
                    .best_of_256 = 254},
          .best = {.stride = 1, .chain = 32, .patience = 12, .lazy = 4, .may_give_up = false},
          .ancestor_rounds = 2,
          .kicks = 8,
          .levels = {.deltas = 10, .wholes = 9},
          .levels_if_few_wholes = {.deltas = 10, .wholes = 12},
          .levels_of_next = {.deltas = 7, .wholes = 7},
      };
    case effort::max: break;
  }
  return {
      .candidates = {.best = 24, .reach = 64, .neighbours = 3},
      .trial = {.encoder = {.stride = 1, .chain = 8, .patience = 8, .lazy = 0, .may_give_up = true},
                .best_of_256 = 262},
      .best = {.stride = 1, .chain = 128, .patience = 12, .lazy = 8, .may_give_up = false},
      .ancestor_rounds = 3,
      .kicks = 16,
      .levels = {.deltas = 12, .wholes = 12},
      .levels_if_few_wholes = {.deltas = 12, .wholes = 12},
      .levels_of_next = {.deltas = 12, .wholes = 12},
  };
}

}  // namespace docteur
