#include "pack/entry_writer.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>

#include "base/first_failure.hpp"
#include "pack/compressor.hpp"
#include "pack/content_cache.hpp"
#include "pack/delta.hpp"
#include "pack/delta_encoder.hpp"
#include "pack/forest.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kDistanceRoom = 3;  // bytes a delta's header is longer than a whole object's

// What a thread makes at a time: so that a base of several entries is indexed once, and no more than that is held.
constexpr std::size_t kBatchEntries = 256;
constexpr std::uint64_t kBatchContent = 4u << 20;  // bytes

struct payload {
  std::uint32_t index = 0;
  bool is_delta = false;
  bool stored = false;
  std::uint64_t delta_size = 0;  // before deflate
  std::vector<std::byte> stream;
};

struct worker {
  worker(const object_store& store, std::size_t cache_bytes, const entry_plan& plan)
      : cache(store, cache_bytes), deflate(plan.levels.of_deltas), deflate_whole(plan.levels.of_wholes) {}
  content_cache cache;
  delta_encoder encoder;
  std::uint32_t indexed = kNoBase;  // the encoder's base
  content_cache::content base;
  compressor deflate;
  compressor deflate_whole;
  std::vector<std::byte> delta;
  std::vector<std::byte> rebuilt;
};

// Fills `part` with the delta, unless the object is no larger whole.
outcome<void> make_delta(const object_store& store, const delta_effort& how, std::uint32_t base, worker& own,
                         payload& part) {
  if (own.indexed != base) {
    DOCTEUR_TRY(content, own.cache.get(base));
    own.base = std::move(content);
    own.encoder.set_base(*own.base, how);
    own.indexed = base;
  }
  DOCTEUR_TRY(target, own.cache.get(part.index));
  if (!own.encoder.encode(*target, target->size() + 64, own.delta)) return {};
  own.rebuilt.resize(target->size());
  if (!apply_delta(*own.base, own.delta, own.rebuilt, 0) || own.rebuilt != *target)
    return give_up(blame::environment, "a delta does not rebuild its object: a fault of this program or this machine");
  const compressed small = own.deflate.compress(own.delta);
  if (small.stream.size() + kDistanceRoom >= store.stream_size(part.index)) return {};
  part.is_delta = true;
  part.stored = small.stored;
  part.delta_size = own.delta.size();
  part.stream.assign(small.stream.begin(), small.stream.end());
  return {};
}

// What does not deflate quickly is not tried again: a longer search finds no more in it.
outcome<void> make_whole(const object_store& store, worker& own, payload& part) {
  DOCTEUR_TRY(content, own.cache.get(part.index));
  const compressed small =
      store.stored(part.index) ? own.deflate_whole.store(*content) : own.deflate_whole.compress(*content);
  part.stored = small.stored;
  part.stream.assign(small.stream.begin(), small.stream.end());
  return {};
}

}  // namespace

std::vector<std::uint32_t> entry_order(std::span<const std::uint32_t> bases) {
  std::vector<std::uint32_t> order;
  order.reserve(bases.size());
  std::vector<bool> placed(bases.size());
  std::vector<std::uint32_t> chain;
  for (std::uint32_t i = 0; i < bases.size(); ++i) {
    for (std::uint32_t a = i; a != kNoBase && !placed[a]; a = bases[a]) {
      chain.push_back(a);
      placed[a] = true;
    }
    order.insert(order.end(), chain.rbegin(), chain.rend());
    chain.clear();
  }
  return order;
}

outcome<void> write_entries(std::span<const source_object> objects, const object_store& store, const entry_plan& plan,
                            pack_stream& out, pack_statistics& statistics, progress& report) {
  const std::span<const std::uint32_t> bases = plan.bases;
  const auto threads = static_cast<std::size_t>(tbb::this_task_arena::max_concurrency());
  tbb::enumerable_thread_specific<worker> workers([&] { return worker(store, plan.cache_bytes / threads, plan); });
  first_failure failed(report);
  const std::vector<std::uint32_t> order = entry_order(bases);
  std::vector<std::uint64_t> offsets(objects.size());
  std::vector<std::uint8_t> depths(objects.size());
  using batch = std::vector<payload>;
  using handle = std::shared_ptr<batch>;

  std::size_t next = 0;
  const auto take = [&](tbb::flow_control& flow) -> handle {
    auto parts = std::make_shared<batch>();
    for (std::uint64_t content = 0;
         next < order.size() && parts->size() < kBatchEntries && content < kBatchContent && !failed.stop(); ++next) {
      if (plan.left_out[order[next]]) continue;
      parts->emplace_back().index = order[next];
      content += objects[order[next]].size;
    }
    if (parts->empty()) return flow.stop(), nullptr;
    return parts;
  };
  const auto fill = [&](payload& part) -> outcome<void> {
    if (const std::uint32_t base = bases[part.index]; base != kNoBase)
      DOCTEUR_CHECK(make_delta(store, plan.deltas, base, workers.local(), part));
    return part.is_delta ? outcome<void>{} : make_whole(store, workers.local(), part);
  };
  const auto put = [&](const payload& part) -> outcome<void> {
    const source_object& object = objects[part.index];
    offsets[part.index] = out.position();
    if (part.is_delta) {
      const std::uint32_t base = bases[part.index];
      depths[part.index] = static_cast<std::uint8_t>(depths[base] + 1);
      statistics.deepest = std::max<unsigned>(statistics.deepest, depths[part.index]);
      ++statistics.delta_entries;
      DOCTEUR_CHECK(out.begin_delta(object, part.delta_size, offsets[base]));
    } else {
      DOCTEUR_CHECK(out.begin_entry(object));
    }
    if (part.stored) ++statistics.stored_entries;
    DOCTEUR_CHECK(out.write(part.stream));
    out.end_entry();
    report.add_bytes(part.stream.size());
    report.advance(1);
    return {};
  };
  const auto guarded = [&](const auto& step, payload& part) {
    if (failed.stop()) return;
    if (auto done = step(part); !done) failed.set(part.index, std::move(done.error()));
  };
  const auto fill_batch = [&](const handle& parts) {
    std::vector<payload*> by_base;
    for (payload& part : *parts) by_base.push_back(&part);
    std::ranges::stable_sort(by_base, {}, [&](const payload* part) { return bases[part->index]; });
    for (payload* part : by_base) guarded(fill, *part);
    return parts;
  };
  const auto put_batch = [&](const handle& parts) {
    for (payload& part : *parts) guarded(put, part);
  };
  tbb::parallel_pipeline(4 * threads, tbb::make_filter<void, handle>(tbb::filter_mode::serial_in_order, take) &
                                          tbb::make_filter<handle, handle>(tbb::filter_mode::parallel, fill_batch) &
                                          tbb::make_filter<handle, void>(tbb::filter_mode::serial_in_order, put_batch));
  return failed.check();
}

}  // namespace docteur
