#include "pack/edge_cost.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <tuple>

#include "base/first_failure.hpp"
#include "pack/deflate_estimate.hpp"
#include "pack/delta_encoder.hpp"
#include "pack/read_charge.hpp"
#include "pack/store_cache.hpp"

namespace docteur {
namespace {

// Bytes of an entry before its zlib stream, about.
constexpr std::uint64_t kDeltaHead = 5;  // header and distance
constexpr std::uint64_t kWholeHead = 2;

struct worker {
  worker(const object_store& store, std::size_t cache_bytes) : cache(store, cache_bytes) {}
  store_cache cache;
  delta_encoder encoder;
  deflate_estimator deflated;
  std::vector<std::byte> delta;
};

}  // namespace

std::uint64_t whole_cost(const object_store& store, std::size_t index) {
  return (store.stream_size(index) + kWholeHead) * kCostUnit;
}

std::uint64_t delta_cost(std::uint64_t stream_size) { return (stream_size + kDeltaHead) * kCostUnit; }

outcome<std::vector<delta_edge>> price_pairs(const object_store& store, std::span<const delta_pair> pairs,
                                             const trial_effort& effort, std::size_t cache_bytes, progress& report) {
  constexpr std::uint64_t kNotWorthIt = ~std::uint64_t{0};
  const std::size_t share = cache_bytes / static_cast<std::size_t>(tbb::this_task_arena::max_concurrency());
  tbb::enumerable_thread_specific<worker> workers([&] { return worker(store, share); });
  first_failure failed(report);

  std::vector<std::size_t> groups;  // where the pairs of each base begin, and the end
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (i == 0 || pairs[i].base != pairs[i - 1].base) groups.push_back(i);
  groups.push_back(pairs.size());

  std::vector<delta_edge> edges(pairs.size());
  const auto price = [&](const delta_pair& pair, worker& own) -> outcome<std::uint64_t> {
    DOCTEUR_TRY(target, own.cache.get(pair.target));
    if (!own.encoder.encode(*target, target->size() / 8 * 7 + 16, own.delta)) return kNotWorthIt;
    return delta_cost(own.deflated.stream_size(own.delta) * effort.best_of_256 / 256);
  };
  const auto price_group = [&](std::size_t group, worker& own) -> outcome<void> {
    DOCTEUR_TRY(base, own.cache.get(pairs[groups[group]].base));
    own.encoder.set_base(*base, effort.encoder);
    for (std::size_t i = groups[group]; i < groups[group + 1]; ++i) {
      DOCTEUR_TRY(cost, price(pairs[i], own));
      edges[i] = {pairs[i].target, pairs[i].base, cost};
    }
    return {};
  };
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, groups.size() - 1, 64),
      [&](const auto& range) {
        worker& own = workers.local();
        for (std::size_t g = range.begin(); g < range.end() && !failed.stop(); ++g)
          if (auto done = price_group(g, own); !done) failed.set(g, std::move(done.error()));
        report.advance(groups[range.end()] - groups[range.begin()]);
      },
      tbb::simple_partitioner());
  DOCTEUR_CHECK(failed.check());

  std::erase_if(edges, [&](const delta_edge& e) { return e.cost >= whole_cost(store, e.target); });
  tbb::parallel_sort(edges.begin(), edges.end(), [](const delta_edge& a, const delta_edge& b) {
    return std::tuple(a.target, a.base) < std::tuple(b.target, b.base);
  });
  return edges;
}

}  // namespace docteur
