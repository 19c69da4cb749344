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

// The level of an object, and what follows from all levels: what it costs there, with which base.
struct place {
  std::uint64_t cost;
  std::uint32_t base;  // one of the cheapest; kNoBase: stored whole
  unsigned level;
};

class solver {
 public:
  solver(const forest_costs& costs, unsigned max_depth)
      : whole_(costs.whole),
        max_depth_(max_depth),
        bases_(costs, true),
        users_(costs, false),
        places_(costs.whole.size()),
        around_(max_depth + 1) {}

  // Starts from a forest: an object's level is its depth.
  void start(std::span<const std::uint32_t> bases) {
    std::vector<unsigned> levels(bases.size());
    for (std::uint32_t i = 0; i < bases.size(); ++i)
      for (std::uint32_t a = bases[i]; a != kNoBase; a = bases[a]) ++levels[i];
    set_levels(levels);
  }

  // Starts with all objects on the deepest level, where none has a base, and lifts whatever saves most first.
  void start_from_top() {
    set_levels(std::vector<unsigned>(places_.size(), max_depth_));
    struct lift {
      std::uint64_t saves;
      std::uint32_t object;
      bool operator<(const lift& o) const { return std::tuple(saves, o.object) < std::tuple(o.saves, object); }
    };
    const auto look_at = [&](std::uint32_t i) {
      look_around(i);
      return lift{around_[places_[i].level] - around_[best_level()], i};
    };
    std::priority_queue<lift> queue;
    for (std::uint32_t i = 0; i < places_.size(); ++i)
      if (const lift l = look_at(i); l.saves > 0) queue.push(l);
    while (!queue.empty()) {
      const lift now = look_at(queue.top().object);  // others were lifted since
      queue.pop();
      if (now.saves == 0) continue;
      if (!queue.empty() && now < queue.top())
        queue.push(now);
      else
        set_level(now.object, best_level());
    }
  }

  void improve() {
    std::vector<bool> look(whole_.size(), true);
    for (unsigned sweep = 0; sweep < kMostSweeps; ++sweep) {
      bool moved = false;
      for (std::uint32_t i = 0; i < places_.size(); ++i) {
        if (!look[i]) continue;
        look[i] = false;
        look_around(i);
        const unsigned to = best_level();
        if (to == places_[i].level) continue;
        set_level(i, to);
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

  [[nodiscard]] std::vector<unsigned> levels() const {
    std::vector<unsigned> levels;
    for (const place& p : places_) levels.push_back(p.level);
    return levels;
  }
  void set_levels(const std::vector<unsigned>& levels) {
    for (std::uint32_t i = 0; i < places_.size(); ++i) places_[i].level = levels[i];
    for (std::uint32_t i = 0; i < places_.size(); ++i) serve(i);
  }

  void search(std::size_t kicks) {
    const std::vector<std::uint32_t> hubs = by_importance();
    if (hubs.empty() || max_depth_ == 0) return;
    waiting_.assign(places_.size(), false);
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
  // The best there is for `object` on its level, `without` one of its bases: the first of the cheapest, or no base.
  [[nodiscard]] option cheapest(std::uint32_t object, std::uint32_t without) const {
    for (const option& o : bases_.of(object)) {
      if (o.cost >= whole_[object]) break;
      if (places_[o.other].level < places_[object].level && o.other != without) return o;
    }
    return {kNoBase, whole_[object]};
  }

  // After its level, or that of its base, has changed.
  void serve(std::uint32_t object) {
    const option best = cheapest(object, kNoBase);
    places_[object].base = best.other;
    places_[object].cost = best.cost;
  }

  void set_level(std::uint32_t object, unsigned level) {
    places_[object].level = level;
    serve(object);
    for (const option& o : users_.of(object)) {  // nothing else changes for anyone
      place& user = places_[o.other];
      if (level < user.level) {
        if (o.cost < user.cost) user.base = object, user.cost = o.cost;
      } else if (user.base == object) {
        serve(o.other);
      }
    }
  }

  // What `object` costs on its level, `without` one of its bases.
  [[nodiscard]] std::uint64_t cost_without(std::uint32_t object, std::uint32_t without) const {
    return places_[object].base == without ? cheapest(object, without).cost : places_[object].cost;
  }

  // Sets around_[level] to what object `i` on that level costs, and those that could use it.
  void look_around(std::uint32_t i) {
    // Who could use it costs what it costs without it, less what is saved while `i` is below it.
    std::ranges::fill(around_, std::uint64_t{0});
    std::uint64_t without = 0;
    for (const option& o : users_.of(i)) {
      const std::uint64_t cost = cost_without(o.other, i);
      without += cost;
      if (const unsigned level = places_[o.other].level; o.cost < cost && level > 0)
        around_[level - 1] += cost - o.cost;
    }
    std::uint64_t saved = 0;
    for (std::size_t level = around_.size(); level-- > 0;) {
      saved += around_[level];
      around_[level] = without - saved;
    }
    // Its own bases, the cheapest first: each serves the levels above its own that no cheaper one serves.
    std::size_t served_from = around_.size();
    for (const option& o : bases_.of(i)) {
      if (o.cost >= whole_[i]) break;
      for (; served_from > places_[o.other].level + 1; --served_from) around_[served_from - 1] += o.cost;
    }
    for (; served_from > 0; --served_from) around_[served_from - 1] += whole_[i];
  }

  // Where it is all the cheapest around what was looked at, the lowest of those levels.
  [[nodiscard]] unsigned best_level() const {
    return static_cast<unsigned>(std::ranges::min_element(around_) - around_.begin());
  }

  // Objects that several could use, by what those cost whole: the most first.
  [[nodiscard]] std::vector<std::uint32_t> by_importance() const {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
    for (std::uint32_t i = 0; i < places_.size(); ++i) {
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
    const auto move = [&](std::uint32_t i, unsigned level) {  // i: looked at last
      before += around_[places_[i].level];
      after += around_[level];
      moves_.emplace_back(i, places_[i].level);
      set_level(i, level);
      for (const auto list : {bases_.of(i), users_.of(i)})
        for (const option& o : list)
          if (!waiting_[o.other]) waiting_[o.other] = true, follow_.push_back(o.other);
    };
    waiting_[object] = true;  // it stays for now
    look_around(object);
    move(object, to);
    for (std::size_t next = 0; next < follow_.size(); ++next) {
      const std::uint32_t i = follow_[next];
      if (next >= kMostFollowers && after > before) break;
      waiting_[i] = false;
      look_around(i);
      if (const unsigned level = best_level(); around_[level] < around_[places_[i].level]) move(i, level);
    }
    if (after > before)
      for (auto m = moves_.rbegin(); m != moves_.rend(); ++m) set_level(m->first, m->second);
    waiting_[object] = false;
    for (const std::uint32_t i : follow_) waiting_[i] = false;
  }

  std::span<const std::uint64_t> whole_;
  unsigned max_depth_;
  option_lists bases_;
  option_lists users_;
  std::vector<place> places_;
  std::vector<std::uint64_t> around_;                      // by level, of what look_around() was called for
  std::vector<std::pair<std::uint32_t, unsigned>> moves_;  // of a kick: objects and the levels they had
  std::vector<std::uint32_t> follow_;                      // those to look at after it
  std::vector<bool> waiting_;                              // in follow_
};

}  // namespace

std::vector<std::uint32_t> choose_bases_quickly(const forest_costs& costs, unsigned max_depth) {
  const std::span<const std::uint64_t> whole = costs.whole;
  const std::span<const delta_edge> edges = costs.edges;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;  // what an edge saves, inverted, and its place
  order.reserve(edges.size());
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
