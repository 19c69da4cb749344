#include "pack/forest.hpp"

#include <algorithm>
#include <tuple>

namespace docteur {
namespace {

constexpr unsigned kMostSweeps = 40;

struct option {
  std::uint32_t other;  // the base of an object's own options, the target among those who could use it
  std::uint64_t cost;
};

// Options of each object, in one array.
class option_lists {
 public:
  option_lists(const forest_costs& costs, bool by_target)
      : begin_(costs.whole.size() + 1), options_(costs.edges.size()) {
    const std::size_t objects = costs.whole.size();
    const std::span<const delta_edge> edges = costs.edges;
    const auto owner = [&](const delta_edge& e) { return by_target ? e.target : e.base; };
    for (const delta_edge& e : edges) ++begin_[owner(e) + 1];
    for (std::size_t i = 1; i <= objects; ++i) begin_[i] += begin_[i - 1];
    std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
    for (const delta_edge& e : edges) options_[next[owner(e)]++] = {by_target ? e.base : e.target, costs.of(e)};
    for (std::size_t i = 0; i < objects; ++i)
      std::ranges::sort(mutable_of(i), {}, [](const option& o) { return std::tuple(o.cost, o.other); });
  }
  [[nodiscard]] std::span<const option> of(std::size_t i) const {
    return std::span(options_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
  }

 private:
  std::span<option> mutable_of(std::size_t i) {
    return std::span(options_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
  }
  std::vector<std::size_t> begin_;
  std::vector<option> options_;
};

class solver {
 public:
  solver(const forest_costs& costs, unsigned max_depth)
      : whole_(costs.whole),
        max_depth_(max_depth),
        bases_(costs, true),
        users_(costs, false),
        level_(costs.whole.size()) {}

  // Starts from a forest: an object's level is its depth.
  void start(std::span<const std::uint32_t> bases) {
    for (std::uint32_t i = 0; i < bases.size(); ++i)
      for (std::uint32_t a = bases[i]; a != kNoBase; a = bases[a]) ++level_[i];
  }

  void improve() {
    std::vector<bool> look(whole_.size(), true);
    for (unsigned sweep = 0; sweep < kMostSweeps; ++sweep) {
      bool moved = false;
      for (std::uint32_t i = 0; i < level_.size(); ++i) {
        if (!look[i]) continue;
        look[i] = false;
        const unsigned to = best_level(i);
        if (to == level_[i]) continue;
        level_[i] = to;
        moved = true;
        for (const option& o : bases_.of(i)) look[o.other] = true;
        for (const option& o : users_.of(i)) {
          look[o.other] = true;
          for (const option& b : bases_.of(o.other)) look[b.other] = true;
        }
      }
      if (!moved) break;
    }
  }

  [[nodiscard]] std::vector<std::uint32_t> answer() const {
    std::vector<std::uint32_t> base(whole_.size(), kNoBase);
    for (std::uint32_t i = 0; i < base.size(); ++i) {
      const auto options = bases_.of(i);
      const auto found = std::ranges::find_if(options, [&](const option& o) { return level_[o.other] < level_[i]; });
      if (found != options.end() && found->cost < whole_[i]) base[i] = found->other;
    }
    return base;
  }

 private:
  // What `object` costs on `level` when `moving`, one of its possible bases, is on `moving_level`.
  [[nodiscard]] std::uint64_t cost(std::uint32_t object, unsigned level, std::uint32_t moving,
                                   unsigned moving_level) const {
    for (const option& o : bases_.of(object)) {
      if (o.cost >= whole_[object]) break;
      if ((o.other == moving ? moving_level : level_[o.other]) < level) return o.cost;
    }
    return whole_[object];
  }

  // The lowest of the levels that cost the least.
  [[nodiscard]] unsigned best_level(std::uint32_t i) const {
    unsigned best = 0;
    std::uint64_t best_cost = ~std::uint64_t{0};
    for (unsigned level = 0; level <= max_depth_; ++level) {
      std::uint64_t sum = cost(i, level, kNoBase, 0);
      for (const option& o : users_.of(i)) sum += cost(o.other, level_[o.other], i, level);
      if (sum < best_cost) best = level, best_cost = sum;
    }
    return best;
  }

  std::span<const std::uint64_t> whole_;
  unsigned max_depth_;
  option_lists bases_;
  option_lists users_;
  std::vector<unsigned> level_;
};

}  // namespace

std::vector<std::uint32_t> choose_bases_quickly(const forest_costs& costs, unsigned max_depth) {
  const std::span<const std::uint64_t> whole = costs.whole;
  const std::span<const delta_edge> edges = costs.edges;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < edges.size(); ++i)
    if (costs.of(edges[i]) < whole[edges[i].target]) order.push_back(i);
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    const delta_edge& e = edges[i];
    return std::tuple(~(whole[e.target] - costs.of(e)), e.target, e.base);
  });
  std::vector<std::uint32_t> base(whole.size(), kNoBase);
  std::vector<unsigned> height(whole.size());
  for (const std::uint32_t i : order) {
    const delta_edge& e = edges[i];
    if (base[e.target] != kNoBase) continue;
    unsigned depth = 0;  // the target's, on this base
    bool circular = false;
    for (std::uint32_t a = e.base; a != kNoBase && !circular; a = base[a], ++depth) circular = a == e.target;
    if (circular || depth + height[e.target] > max_depth) continue;
    base[e.target] = e.base;
    unsigned h = height[e.target] + 1;
    for (std::uint32_t a = e.base; a != kNoBase; a = base[a], ++h) height[a] = std::max(height[a], h);
  }
  return base;
}

std::vector<std::uint32_t> choose_bases(const forest_costs& costs, unsigned max_depth) {
  solver s(costs, max_depth);
  s.start(choose_bases_quickly(costs, max_depth));
  s.improve();
  return s.answer();
}

}  // namespace docteur
