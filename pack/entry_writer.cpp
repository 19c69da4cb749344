#include "pack/entry_writer.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>

#include "base/first_failure.hpp"
#include "pack/compressor.hpp"
#include "pack/delta.hpp"
#include "pack/delta_encoder.hpp"
#include "pack/forest.hpp"
#include "pack/store_cache.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kDistanceRoom = 3;  // bytes by which a delta's header is longer than a whole object's, about

// A batch is what a thread makes at a time: large, so that a base of several deltas is indexed once; bounded, because
// finished batches wait in memory for their turn.
constexpr std::size_t kBatchEntries = 256;
constexpr std::uint64_t kBatchContent = 4u << 20;  // bytes

// One entry.
struct payload {
  std::uint32_t index = 0;  // of the object
  bool is_delta = false;
  bool stored = false;
  std::uint64_t delta_size = 0;  // before deflate
  std::vector<std::byte> stream;
};

struct worker {
  worker(const object_store& store, std::size_t cache_bytes, const entry_plan& plan)
      : cache(store, cache_bytes), deflate(plan.levels.deltas), deflate_whole(plan.levels.wholes) {}
  store_cache cache;
  delta_encoder encoder;
  std::uint32_t indexed = kNoBase;  // the object that the encoder has as its base
  store_cache::content base;
  compressor deflate;
  compressor deflate_whole;
  std::vector<std::byte> delta;
  std::vector<std::byte> rebuilt;
};

// Fills `part` with the delta if it is smaller than the whole object; `is_delta` says whether it did.
outcome<void> make_delta(const object_store& store, const delta_effort& effort, std::uint32_t base, worker& own,
                         payload& part) {
  if (own.indexed != base) {
    DOCTEUR_TRY(content, own.cache.get(base));
    own.base = std::move(content);
    own.encoder.set_base(*own.base, effort);
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

// Fills `part` with the whole object. What a fast deflate could not make smaller is stored without trying a slower
// level, which finds no more in it.
outcome<void> make_whole(const object_store& store, worker& own, payload& part) {
  DOCTEUR_TRY(content, own.cache.get(part.index));
  const compressed small =
      store.stored(part.index) ? own.deflate_whole.store(*content) : own.deflate_whole.compress(*content);
  part.stored = small.stored;
  part.stream.assign(small.stream.begin(), small.stream.end());
  return {};
}

// Fills `part` with the stream of the older PACK.
outcome<void> copy_stream(const kept_entries& kept, payload& part) {
  const kept_entry& entry = kept.entries()[part.index];
  part.is_delta = entry.base != kNoBase;
  part.stored = entry.stored;
  part.delta_size = entry.delta_size;
  part.stream.resize(static_cast<std::size_t>(entry.stream_size));
  return kept.read_stream(part.index, 0, part.stream);
}

// A pipeline of batches: take() and put() run one at a time and in order, fill() in parallel.
//
//   take      the next objects of the order
//   fill      each object's stream: the one of the older PACK; else the delta if that is smaller; else the whole object
//   put       the entries, with distances to the offsets of their bases, which are known by now
class entry_pipeline {
 public:
  entry_pipeline(std::span<const source_object> objects, const object_store& store, const entry_plan& plan,
                 pack_stream& out, pack_statistics& statistics, progress& report)
      : objects_(objects),
        store_(store),
        plan_(plan),
        out_(out),
        statistics_(statistics),
        report_(report),
        failed_(report),
        order_(entry_order(plan.bases)),
        offsets_(objects.size()),
        depths_(objects.size()),
        threads_(static_cast<std::size_t>(tbb::this_task_arena::max_concurrency())),
        workers_([&store, &plan, share = plan.cache_bytes / threads_] { return worker(store, share, plan); }) {}

  outcome<void> run() {
    const auto take_step = [this](tbb::flow_control& flow) { return take(flow); };
    const auto fill_step = [this](const handle& parts) { return fill(parts), parts; };
    const auto put_step = [this](const handle& parts) { put(parts); };
    tbb::parallel_pipeline(4 * threads_,
                           tbb::make_filter<void, handle>(tbb::filter_mode::serial_in_order, take_step) &
                               tbb::make_filter<handle, handle>(tbb::filter_mode::parallel, fill_step) &
                               tbb::make_filter<handle, void>(tbb::filter_mode::serial_in_order, put_step));
    return failed_.check();
  }

 private:
  using batch = std::vector<payload>;
  using handle = std::shared_ptr<batch>;

  handle take(tbb::flow_control& flow) {
    auto parts = std::make_shared<batch>();
    for (std::uint64_t content = 0;
         next_ < order_.size() && parts->size() < kBatchEntries && content < kBatchContent && !failed_.stop();
         ++next_) {
      if (plan_.left_out[order_[next_]]) continue;
      parts->emplace_back().index = order_[next_];
      content += objects_[order_[next_]].size;
    }
    if (parts->empty()) return flow.stop(), nullptr;
    return parts;
  }

  // By base, so that the encoder indexes a base of several entries once.
  void fill(const handle& parts) {
    std::vector<payload*> by_base;
    for (payload& part : *parts) by_base.push_back(&part);
    std::ranges::stable_sort(by_base, {}, [this](const payload* part) { return plan_.bases[part->index]; });
    for (payload* part : by_base) {
      if (failed_.stop()) return;
      keep_failure(*part, fill_one(*part, workers_.local()));
    }
  }
  outcome<void> fill_one(payload& part, worker& own) const {
    if (is_copied(part)) return copy_stream(*plan_.kept, part);
    if (const std::uint32_t base = plan_.bases[part.index]; base != kNoBase)
      DOCTEUR_CHECK(make_delta(store_, plan_.deltas, base, own, part));
    return part.is_delta ? outcome<void>{} : make_whole(store_, own, part);
  }

  [[nodiscard]] bool is_copied(const payload& part) const {
    return plan_.kept != nullptr && (plan_.kept->entries()[part.index].is_kept() || plan_.carried[part.index]);
  }

  void put(const handle& parts) {
    for (const payload& part : *parts) {
      if (failed_.stop()) return;
      keep_failure(part, put_one(part));
    }
  }
  outcome<void> put_one(const payload& part) {
    const source_object& object = objects_[part.index];
    offsets_[part.index] = out_.position();
    if (part.is_delta) {
      const std::uint32_t base = plan_.bases[part.index];
      depths_[part.index] = static_cast<std::uint8_t>(depths_[base] + 1);
      statistics_.deepest = std::max<unsigned>(statistics_.deepest, depths_[part.index]);
      ++statistics_.delta_entries;
      DOCTEUR_CHECK(out_.begin_delta(object, part.delta_size, offsets_[base]));
    } else {
      DOCTEUR_CHECK(out_.begin_entry(object));
    }
    if (part.stored) ++statistics_.stored_entries;
    if (is_copied(part)) {
      ++statistics_.kept_entries;
      statistics_.kept_bytes += part.stream.size();
    }
    DOCTEUR_CHECK(out_.write(part.stream));
    out_.end_entry();
    report_.add_bytes(part.stream.size());
    report_.advance(1);
    return {};
  }

  void keep_failure(const payload& part, outcome<void> result) {
    if (!result) failed_.set(part.index, std::move(result.error()));
  }

  std::span<const source_object> objects_;
  const object_store& store_;
  const entry_plan& plan_;
  pack_stream& out_;
  pack_statistics& statistics_;
  progress& report_;
  first_failure failed_;
  std::vector<std::uint32_t> order_;
  std::size_t next_ = 0;                // of order_, for take()
  std::vector<std::uint64_t> offsets_;  // by object, in the PACK; set by put()
  std::vector<std::uint8_t> depths_;    // by object: deltas on the way to it; set by put()
  std::size_t threads_;
  tbb::enumerable_thread_specific<worker> workers_;
};

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
  return entry_pipeline(objects, store, plan, out, statistics, report).run();
}

}  // namespace docteur
