#include "pack/forest.hpp"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "pack/option_lists.hpp"

namespace docteur {
namespace {

constexpr unsigned kMostSweeps = 40;
constexpr std::size_t kMostVisits = 2000;  // objects visited after a kick, unless it has paid by then

// The level of an object, and its cheapest base among the objects of lower levels.
struct place {
  std::uint64_t cost;
  std::uint32_t base;  // kNoBase: the object is stored whole
  unsigned level;
};

class solver {
 public:
  solver(const forest_costs& costs, unsigned max_depth)
      : whole_(costs.whole),
        costs_(costs),
        max_depth_(max_depth),
        bases_(costs, option_lists::side::bases),
        users_(costs, option_lists::side::users),
        places_(costs.whole.size()),
        level_costs_(max_depth + 1) {}

  // Starts from a forest: the level of each object is its depth.
  void start(std::span<const std::uint32_t> bases) {
    std::vector<unsigned> levels(bases.size());
    for (std::uint32_t i = 0; i < bases.size(); ++i) {
      levels[i] = costs_.depth(i);
      for (std::uint32_t a = bases[i]; a != kNoBase; a = bases[a]) levels[i] += 1 + costs_.depth(a);
    }
    set_levels(levels);
  }

  // Starts with all objects on the deepest level, where none has a base, and lifts the object that saves most first.
  // Savings in the queue may be out of date; the first is computed anew and goes back if it is no longer the best.
  void start_from_top() {
    std::vector<unsigned> levels(places_.size(), max_depth_);
    for (std::uint32_t i = 0; i < levels.size(); ++i)
      if (costs_.is_kept(i)) levels[i] = costs_.depth(i);
    set_levels(levels);
    struct lift {
      std::uint64_t saves;
      std::uint32_t object;
      bool operator<(const lift& o) const { return std::tuple(saves, o.object) < std::tuple(o.saves, object); }
    };
    const auto lift_of = [&](std::uint32_t i) {
      price_levels(i);
      return lift{level_costs_[places_[i].level] - level_costs_[best_level()], i};
    };
    std::priority_queue<lift> queue;
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
      if (costs_.is_kept(i)) continue;
      if (const lift l = lift_of(i); l.saves > 0) queue.push(l);
    }
    while (!queue.empty()) {
      const lift now = lift_of(queue.top().object);  // others may have moved since
      queue.pop();
      if (now.saves == 0) continue;
      if (!queue.empty() && now < queue.top())
        queue.push(now);
      else
        set_level(now.object, best_level());
    }
  }

  // Moves objects to their best levels until none moves, or kMostSweeps times.
  void improve() {
    std::vector<bool> dirty(whole_.size(), true);
    for (unsigned sweep = 0; sweep < kMostSweeps; ++sweep) {
      bool moved = false;
      for (std::uint32_t i = 0; i < places_.size(); ++i) {
        if (!dirty[i] || costs_.is_kept(i)) continue;
        dirty[i] = false;
        price_levels(i);
        const unsigned to = best_level();
        if (to == places_[i].level) continue;
        set_level(i, to);
        moved = true;
        for (const option& o : bases_.of(i)) dirty[o.other] = true;
        for (const option& o : users_.of(i)) {
          dirty[o.other] = true;
          for (const option& b : bases_.of(o.other)) dirty[b.other] = true;
        }
      }
      if (!moved) break;
    }
  }

  [[nodiscard]] std::vector<unsigned> levels() const {
    std::vector<unsigned> levels;
    for (const place& p : places_) levels.push_back(p.level);
    return levels;
  }
  void set_levels(const std::vector<unsigned>& levels) {
    for (std::uint32_t i = 0; i < places_.size(); ++i) places_[i].level = levels[i];
    for (std::uint32_t i = 0; i < places_.size(); ++i) settle(i);
  }

  // The iterated local search of forest.hpp.
  void search(std::size_t kicks) {
    const std::vector<std::uint32_t> hubs = by_importance();
    if (hubs.empty() || max_depth_ == 0) return;
    queued_.assign(places_.size(), false);
    std::uint64_t state = 1;
    const auto random = [&] {  // xorshift64*
      state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
      return state * 0x2545f4914f6cdd1d >> 32;
    };
    for (std::size_t i = 0; i < kicks; ++i) {
      const std::uint64_t r = random();
      // r is a fraction of 2^32, and so is its cube, which is small far more often: important objects come first.
      const std::uint64_t cubed = (r * r >> 32) * r >> 32;
      const std::uint32_t object = hubs[cubed * hubs.size() >> 32];
      const auto to = static_cast<unsigned>(random() % (max_depth_ + 1));
      if (to != places_[object].level) kick(object, to);
    }
  }

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const place& p : places_) sum += p.cost;
    return sum;
  }

  [[nodiscard]] std::vector<std::uint32_t> answer() const {
    std::vector<std::uint32_t> base(whole_.size());
    for (std::uint32_t i = 0; i < base.size(); ++i) base[i] = cheapest(i, kNoBase).other;
    return base;
  }

 private:
  // The cheapest option of `object` on its level, other than the base `without` (kNoBase: any); kNoBase: stored whole.
  [[nodiscard]] option cheapest(std::uint32_t object, std::uint32_t without) const {
    for (const option& o : bases_.of(object)) {
      if (o.cost >= whole_[object]) break;
      if (places_[o.other].level < places_[object].level && o.other != without) return o;
    }
    return {kNoBase, whole_[object]};
  }

  // Sets the base of `object` after its level, or that of its base, has changed.
  void settle(std::uint32_t object) {
    const option best = cheapest(object, kNoBase);
    places_[object].base = best.other;
    places_[object].cost = best.cost;
  }

  void set_level(std::uint32_t object, unsigned level) {
    places_[object].level = level;
    settle(object);
    for (const option& o : users_.of(object)) {  // for all others nothing changes
      place& user = places_[o.other];
      if (level < user.level) {
        if (o.cost < user.cost) user.base = object, user.cost = o.cost;
      } else if (user.base == object) {
        settle(o.other);
      }
    }
  }

  // The cost of `object` on its level if it could not use the base `without`.
  [[nodiscard]] std::uint64_t cost_without(std::uint32_t object, std::uint32_t without) const {
    return places_[object].base == without ? cheapest(object, without).cost : places_[object].cost;
  }

  // Sets level_costs_[level], for each level, to the cost of object `i` on that level plus that of all its possible
  // users. A user on level u saves by using `i` only if `i` is on a lower level. So its saving is noted at u - 1, and
  // the sum from the deepest level up says what `i` saves on each:
  //
  //   level                 0    1    2    3      users: on level 1, saving 5; on level 3, saving 2
  //   savings noted         5    0    2    0
  //   saved by `i` there    7    2    2    0
  void price_levels(std::uint32_t i) {
    std::ranges::fill(level_costs_, std::uint64_t{0});
    std::uint64_t without = 0;
    for (const option& o : users_.of(i)) {
      const std::uint64_t cost = cost_without(o.other, i);
      without += cost;
      if (const unsigned level = places_[o.other].level; o.cost < cost && level > 0)
        level_costs_[level - 1] += cost - o.cost;
    }
    std::uint64_t saved = 0;
    for (std::size_t level = level_costs_.size(); level-- > 0;) {
      saved += level_costs_[level];
      level_costs_[level] = without - saved;
    }
    // Its own bases, cheapest first: a base on level b serves all levels deeper than b that no cheaper base serves.
    // Levels from `unserved` on are served.
    std::size_t unserved = level_costs_.size();
    for (const option& o : bases_.of(i)) {
      if (o.cost >= whole_[i]) break;
      for (; unserved > places_[o.other].level + 1; --unserved) level_costs_[unserved - 1] += o.cost;
    }
    for (; unserved > 0; --unserved) level_costs_[unserved - 1] += whole_[i];
  }

  // The cheapest level by the last price_levels(); of several, the lowest.
  [[nodiscard]] unsigned best_level() const {
    return static_cast<unsigned>(std::ranges::min_element(level_costs_) - level_costs_.begin());
  }

  // Returns the objects that several could use, those whose users cost most when whole first.
  [[nodiscard]] std::vector<std::uint32_t> by_importance() const {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
      if (users_.of(i).size() < 2 || costs_.is_kept(i)) continue;
      std::uint64_t at_stake = 0;
      for (const option& o : users_.of(i)) at_stake += whole_[o.other];
      order.emplace_back(~at_stake, i);
    }
    std::ranges::sort(order);
    std::vector<std::uint32_t> hubs;
    for (const auto& [_, object] : order) hubs.push_back(object);
    return hubs;
  }

  // Puts `object` on level `to` and moves the objects around it to their best levels; undoes all of it if that did not
  // pay.
  void kick(std::uint32_t object, unsigned to) {
    moves_.clear();
    queue_.clear();
    std::uint64_t before = 0, after = 0;
    const auto move = [&](std::uint32_t i, unsigned level) {  // price_levels(i) was called last
      before += level_costs_[places_[i].level];
      after += level_costs_[level];
      moves_.emplace_back(i, places_[i].level);
      set_level(i, level);
      for (const auto list : {bases_.of(i), users_.of(i)})
        for (const option& o : list)
          if (!queued_[o.other] && !costs_.is_kept(o.other)) queued_[o.other] = true, queue_.push_back(o.other);
    };
    queued_[object] = true;  // so that it is not moved back at once
    price_levels(object);
    move(object, to);
    for (std::size_t next = 0; next < queue_.size(); ++next) {
      const std::uint32_t i = queue_[next];
      if (next >= kMostVisits && after > before) break;
      queued_[i] = false;
      price_levels(i);
      if (const unsigned level = best_level(); level_costs_[level] < level_costs_[places_[i].level]) move(i, level);
    }
    if (after > before)
      for (auto m = moves_.rbegin(); m != moves_.rend(); ++m) set_level(m->first, m->second);
    queued_[object] = false;
    for (const std::uint32_t i : queue_) queued_[i] = false;
  }

  std::span<const std::uint64_t> whole_;
  const forest_costs& costs_;
  unsigned max_depth_;
  option_lists bases_;
  option_lists users_;
  std::vector<place> places_;
  std::vector<std::uint64_t> level_costs_;                 // price_levels()
  std::vector<std::pair<std::uint32_t, unsigned>> moves_;  // of a kick: objects and the levels they had before
  std::vector<std::uint32_t> queue_;                       // of a kick: the objects to visit
  std::vector<bool> queued_;                               // by object: in queue_ and not yet visited
};

}  // namespace

std::vector<std::uint32_t> choose_bases_quickly(const forest_costs& costs, unsigned max_depth) {
  const std::span<const std::uint64_t> whole = costs.whole;
  const std::span<const delta_edge> edges = costs.edges;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;  // ~saving, so that the largest is first, and the edge
  order.reserve(edges.size());
  for (std::uint32_t i = 0; i < edges.size(); ++i)
    if (const std::uint64_t cost = costs.of(edges[i]); cost < whole[edges[i].target])
      order.emplace_back(~(whole[edges[i].target] - cost), i);
  std::ranges::sort(order);
  std::vector<std::uint32_t> base(whole.size(), kNoBase);
  std::vector<unsigned> height(whole.size());  // deltas in the longest chain below each object
  for (const auto& [_, i] : order) {
    const delta_edge& e = edges[i];
    if (base[e.target] != kNoBase) continue;
    // Up from the base to its root: the target must not be there, and the longest chain through the edge must fit:
    //
    //   root <- a <- base <- target <- x <- y      depth 3, height of the target 2
    unsigned depth = 0;  // of the target on this base
    bool circular = false;
    for (std::uint32_t a = e.base; a != kNoBase && !circular; a = base[a]) {
      circular = a == e.target;
      depth += 1 + costs.depth(a);
    }
    if (circular || depth + height[e.target] > max_depth) continue;
    base[e.target] = e.base;
    unsigned h = height[e.target] + 1;
    for (std::uint32_t a = e.base; a != kNoBase; a = base[a], ++h) height[a] = std::max(height[a], h);
  }
  return base;
}

std::vector<std::uint32_t> choose_bases(const forest_costs& costs, unsigned max_depth, std::size_t kicks) {
  const std::vector<std::uint32_t> quick = choose_bases_quickly(costs, max_depth);
  solver s(costs, max_depth);
  s.start(quick);
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
