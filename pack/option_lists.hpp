#pragma once
// The edges of a forest problem, grouped by object. Hosted.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "pack/forest.hpp"

namespace docteur {

// One edge, seen from one of its two objects.
struct option {
  std::uint32_t other;  // the object at the other end
  std::uint64_t cost;   // forest_costs::of()
};

// The options of all objects in one array: those of object i are options_[begin_[i], begin_[i + 1]), cheapest first,
// ties by index.
class option_lists {
 public:
  enum class side { bases, users };  // of an object's options: those it can use, or those that can use it

  option_lists(const forest_costs& costs, side s) : begin_(costs.whole.size() + 1), options_(costs.edges.size()) {
    const std::size_t objects = costs.whole.size();
    const auto owner = [s](const delta_edge& e) { return s == side::bases ? e.target : e.base; };
    const auto other = [s](const delta_edge& e) { return s == side::bases ? e.base : e.target; };
    // A counting sort: how many options each object has, where they begin, then each in its place.
    for (const delta_edge& e : costs.edges) ++begin_[owner(e) + 1];
    for (std::size_t i = 1; i <= objects; ++i) begin_[i] += begin_[i - 1];
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (const delta_edge& e : costs.edges) options_[next[owner(e)]++] = {other(e), costs.of(e)};
    for (std::size_t i = 0; i < objects; ++i)
      std::ranges::sort(std::span(options_).subspan(begin_[i], begin_[i + 1] - begin_[i]), {},
                        [](const option& o) { return std::tuple(o.cost, o.other); });
  }

  // The options of object `i`.
  [[nodiscard]] std::span<const option> of(std::size_t i) const {
    return std::span(options_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
  }

 private:
  std::vector<std::size_t> begin_;
  std::vector<option> options_;
};

}  // namespace docteur
