#include "pack/carried_deltas.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

#include "base/first_failure.hpp"
#include "pack/delta.hpp"
#include "pack/edge_cost.hpp"
#include "pack/store_cache.hpp"

namespace docteur {
namespace {

// A delta whose stream has at most one byte for so many of the object is smaller than the whole object.
constexpr std::size_t kSurelySmaller = 8;

struct worker {
  worker(const object_store& store, std::size_t cache_bytes) : cache(store, cache_bytes) {}
  store_cache cache;
  whole_estimator whole;
  std::vector<std::byte> delta;
  std::vector<std::byte> made;
};

// Whether `delta` makes `target` from `base`.
bool makes(bytes base, bytes delta, bytes target, std::vector<std::byte>& room) {
  room.resize(target.size());
  return apply_delta(base, delta, room, 0).has_value() && std::ranges::equal(room, target);
}

}  // namespace

outcome<std::vector<delta_edge>> carry_deltas(const kept_entries& kept, object_store& store,
                                              object_store::observer& watcher, const std::vector<bool>& eligible,
                                              std::size_t cache_bytes, progress& report) {
  const std::span<const kept_entry> entries = kept.entries();
  std::vector<std::uint32_t> order;  // by base, whose content is then read once
  for (std::uint32_t i = 0; i < entries.size(); ++i)
    if (may_carry(entries, i, eligible)) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return entries[i].base; });

  report.phase("carrying over", order.size());
  const std::size_t share = cache_bytes / static_cast<std::size_t>(tbb::this_task_arena::max_concurrency());
  tbb::enumerable_thread_specific<worker> workers([&] { return worker(store, share); });
  first_failure failed(report);
  std::vector<std::uint8_t> good(order.size());
  const auto try_one = [&](std::size_t at, worker& own) -> outcome<void> {
    const std::uint32_t target = order[at];
    DOCTEUR_CHECK(kept.read_delta(target, own.delta));
    DOCTEUR_TRY(base, own.cache.get(entries[target].base));
    DOCTEUR_TRY(content, own.cache.get(target));
    const bool is_good = !own.delta.empty() && makes(*base, own.delta, *content, own.made);
    const std::uint64_t size = entries[target].stream_size;
    if (!is_good || size > content->size() / kSurelySmaller) store.measured(target, own.whole.of(*content));
    good[at] = is_good && delta_cost(size) < whole_cost(store, target) ? 1 : 0;
    if (good[at] == 0) watcher.see(target, *content);
    return {};
  };
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, order.size(), 64),
      [&](const auto& range) {
        worker& own = workers.local();
        for (std::size_t at = range.begin(); at < range.end() && !failed.stop(); ++at)
          if (auto tried = try_one(at, own); !tried) failed.set(at, std::move(tried.error()));
        report.advance(range.size());
      },
      tbb::simple_partitioner());
  DOCTEUR_CHECK(failed.check());

  std::vector<delta_edge> edges;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const kept_entry& entry = entries[order[at]];
    if (good[at] != 0) edges.push_back({order[at], entry.base, delta_cost(entry.stream_size)});
  }
  std::ranges::sort(edges, {}, &delta_edge::target);
  return edges;
}

}  // namespace docteur
