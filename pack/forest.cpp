#include "pack/forest.hpp"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

namespace docteur {
namespace {

constexpr unsigned kMostSweeps = 40;
constexpr std::size_t kMostFollowers = 2000;  // objects looked at again after a kick that has not paid yet

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
    std::ranges::fill(level_, 0u);
    for (std::uint32_t i = 0; i < bases.size(); ++i)
      for (std::uint32_t a = bases[i]; a != kNoBase; a = bases[a]) ++level_[i];
  }

  // Starts with all objects on the deepest level, where none has a base, and lifts whatever saves most first.
  void start_from_top() {
    std::ranges::fill(level_, max_depth_);
    struct lift {
      std::uint64_t saves;
      std::uint32_t object;
      bool operator<(const lift& o) const { return std::tuple(saves, o.object) < std::tuple(o.saves, object); }
    };
    const auto look_at = [&](std::uint32_t i) {
      return lift{cost_around(i, level_[i]) - cost_around(i, best_level(i)), i};
    };
    std::priority_queue<lift> queue;
    for (std::uint32_t i = 0; i < level_.size(); ++i)
      if (const lift l = look_at(i); l.saves > 0) queue.push(l);
    while (!queue.empty()) {
      const lift now = look_at(queue.top().object);  // others were lifted since
      queue.pop();
      if (now.saves == 0) continue;
      if (!queue.empty() && now < queue.top())
        queue.push(now);
      else
        level_[now.object] = best_level(now.object);
    }
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

  [[nodiscard]] const std::vector<unsigned>& levels() const { return level_; }
  void set_levels(const std::vector<unsigned>& levels) { level_ = levels; }

  void search(std::size_t kicks) {
    const std::vector<std::uint32_t> hubs = by_importance();
    if (hubs.empty() || max_depth_ == 0) return;
    waiting_.assign(level_.size(), false);
    std::uint64_t state = 1;
    const auto random = [&] {  // xorshift64*
      state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
      return state * 0x2545f4914f6cdd1d >> 32;
    };
    for (std::size_t i = 0; i < kicks; ++i) {
      const std::uint64_t r = random();
      const std::uint64_t cubed = (r * r >> 32) * r >> 32;  // the important ones far more often
      const std::uint32_t object = hubs[cubed * hubs.size() >> 32];
      const auto to = static_cast<unsigned>(random() % (max_depth_ + 1));
      if (to != level_[object]) kick(object, to);
    }
  }

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < level_.size(); ++i) sum += cost(i, level_[i], kNoBase, 0);
    return sum;
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

  // What object `i` on `level` and those that could use it cost.
  [[nodiscard]] std::uint64_t cost_around(std::uint32_t i, unsigned level) const {
    std::uint64_t sum = cost(i, level, kNoBase, 0);
    for (const option& o : users_.of(i)) sum += cost(o.other, level_[o.other], i, level);
    return sum;
  }

  // The lowest of the levels that cost the least.
  [[nodiscard]] unsigned best_level(std::uint32_t i) const {
    unsigned best = 0;
    std::uint64_t best_cost = ~std::uint64_t{0};
    for (unsigned level = 0; level <= max_depth_; ++level)
      if (const std::uint64_t sum = cost_around(i, level); sum < best_cost) best = level, best_cost = sum;
    return best;
  }

  // Objects that several could use, by what those cost whole: the most first.
  [[nodiscard]] std::vector<std::uint32_t> by_importance() const {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
    for (std::uint32_t i = 0; i < level_.size(); ++i) {
      if (users_.of(i).size() < 2) continue;
      std::uint64_t at_stake = 0;
      for (const option& o : users_.of(i)) at_stake += whole_[o.other];
      order.emplace_back(~at_stake, i);
    }
    std::ranges::sort(order);
    std::vector<std::uint32_t> hubs;
    for (const auto& [_, object] : order) hubs.push_back(object);
    return hubs;
  }

  // Puts `object` on level `to` and lets those around it find their best levels, or undoes all that.
  void kick(std::uint32_t object, unsigned to) {
    moves_.clear();
    follow_.clear();
    std::uint64_t before = 0, after = 0;
    const auto move = [&](std::uint32_t i, unsigned level) {
      before += cost_around(i, level_[i]);
      after += cost_around(i, level);
      moves_.emplace_back(i, level_[i]);
      level_[i] = level;
      for (const auto list : {bases_.of(i), users_.of(i)})
        for (const option& o : list)
          if (!waiting_[o.other]) waiting_[o.other] = true, follow_.push_back(o.other);
    };
    waiting_[object] = true;  // it stays for now
    move(object, to);
    for (std::size_t next = 0; next < follow_.size(); ++next) {
      const std::uint32_t i = follow_[next];
      if (next >= kMostFollowers && after > before) break;
      waiting_[i] = false;
      if (const unsigned level = best_level(i); cost_around(i, level) < cost_around(i, level_[i])) move(i, level);
    }
    if (after > before)
      for (auto m = moves_.rbegin(); m != moves_.rend(); ++m) level_[m->first] = m->second;
    waiting_[object] = false;
    for (const std::uint32_t i : follow_) waiting_[i] = false;
  }

  std::span<const std::uint64_t> whole_;
  unsigned max_depth_;
  option_lists bases_;
  option_lists users_;
  std::vector<unsigned> level_;
  std::vector<std::pair<std::uint32_t, unsigned>> moves_;  // of a kick: objects and the levels they had
  std::vector<std::uint32_t> follow_;                      // those to look at after it
  std::vector<bool> waiting_;                              // in follow_
};

}  // namespace

std::vector<std::uint32_t> choose_bases_quickly(const forest_costs& costs, unsigned max_depth) {
  const std::span<const std::uint64_t> whole = costs.whole;
  const std::span<const delta_edge> edges = costs.edges;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;  // what an edge saves, inverted, and its place
  for (std::uint32_t i = 0; i < edges.size(); ++i)
    if (const std::uint64_t cost = costs.of(edges[i]); cost < whole[edges[i].target])
      order.emplace_back(~(whole[edges[i].target] - cost), i);
  std::ranges::sort(order);
  std::vector<std::uint32_t> base(whole.size(), kNoBase);
  std::vector<unsigned> height(whole.size());
  for (const auto& [_, i] : order) {
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

std::vector<std::uint32_t> choose_bases(const forest_costs& costs, unsigned max_depth, std::size_t kicks) {
  solver s(costs, max_depth);
  s.start(choose_bases_quickly(costs, max_depth));
  s.improve();
  if (kicks == 0) return s.answer();
  const std::vector<unsigned> greedy = s.levels();
  const std::uint64_t greedy_total = s.total();
  s.start_from_top();
  s.improve();
  if (greedy_total < s.total()) s.set_levels(greedy);
  s.search(kicks);
  s.improve();
  return s.answer();
}

}  // namespace docteur
