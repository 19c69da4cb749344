#include "pack/writer.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "base/threads.hpp"
#include "pack/delta_encoder.hpp"
#include "pack/entry_writer.hpp"
#include "pack/features.hpp"
#include "pack/forest.hpp"
#include "pack/large_blob.hpp"
#include "pack/object_store.hpp"
#include "pack/pack_stream.hpp"
#include "pack/planner.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kLeastDelta = 48;  // bytes of content: a delta of less saves nothing
constexpr unsigned kDeepest = 59;          // OCaml docteur reads no deeper trees (doc/FORMAT.md, "PACK")

// Shares of pack_options::memory. The rest is for objects in flight and for the allocator.
std::size_t for_content(std::uint64_t memory) { return static_cast<std::size_t>(memory / 16 * 3); }  // features first
std::size_t for_pairs(std::uint64_t memory) { return static_cast<std::size_t>(memory / 8 * 5); }

std::vector<bool> find_eligible(std::span<const source_object> objects, const pack_options& options) {
  std::vector<bool> eligible(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const source_object& o = objects[i];
    eligible[i] = (o.type == object_type::blob || o.type == object_type::tree) && o.size >= kLeastDelta &&
                  o.size <= delta_encoder::kLargest && !is_large(o, options.largest_delta);
  }
  return eligible;
}

// Marks the large blobs that are neither deltas nor bases.
std::vector<bool> find_streamed(std::span<const source_object> objects, const object_store& store,
                                std::span<const std::uint32_t> bases, std::uint64_t large_blob) {
  std::vector<bool> streamed(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i)
    streamed[i] = !store.holds(i) || (bases[i] == kNoBase && is_large(objects[i], large_blob));
  for (const std::uint32_t base : bases)
    if (base != kNoBase) streamed[base] = false;
  return streamed;
}

// Chooses the deflate levels by how much of the content is in objects that are not deltas.
deflate_levels choose_levels(std::span<const source_object> objects, std::span<const std::uint32_t> bases,
                             const std::vector<bool>& streamed, const plan_effort& effort) {
  constexpr std::uint64_t kFew = 8;  // few: one byte in eight
  std::uint64_t all = 0, whole = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (streamed[i]) continue;
    all += objects[i].size;
    if (bases[i] == kNoBase) whole += objects[i].size;
  }
  return whole <= all / kFew ? effort.levels_if_few_wholes : effort.levels;
}

outcome<written_pack> write_all(const object_source& source, byte_sink& sink, const pack_options& options,
                                progress& report) {
  const std::span<const source_object> objects = source.objects();
  const unsigned max_depth = std::min(options.max_depth, kDeepest);
  written_pack result;
  for (const source_object& object : objects) result.statistics.content_bytes += object.size;

  report.phase("reading", objects.size());
  const std::vector<bool> eligible = find_eligible(objects, options);
  auto features = std::make_unique<feature_collector>(objects, eligible, for_content(options.memory));
  DOCTEUR_TRY(store,
              object_store::fill(source, {std::max(options.large_blob, options.largest_delta), options.spool_directory},
                                 *features, report));
  const plan_effort effort = plan_of(options.effort);
  const plan_limits limits{.effort = effort,
                           .purpose = options.purpose,
                           .max_depth = max_depth,
                           .cache_bytes = for_content(options.memory),
                           .pair_bytes = for_pairs(options.memory)};
  DOCTEUR_TRY(bases, plan_deltas(source, store, std::move(features), eligible, limits, report));

  report.phase("writing", objects.size());
  pack_stream out(sink, source.kind(), static_cast<std::uint32_t>(objects.size()));
  const std::vector<bool> streamed = find_streamed(objects, store, bases, options.large_blob);
  const deflate_levels levels = choose_levels(objects, bases, streamed, effort);
  DOCTEUR_CHECK(write_entries(objects, store, {bases, streamed, effort.best, levels, limits.cache_bytes}, out,
                              result.statistics, report));
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!streamed[i]) continue;
    DOCTEUR_TRY(restarts, write_large_blob(source, i, options.restart_interval, out, report));
    if (restarts.stored) ++result.statistics.stored_entries;
    result.restarts.push_back(std::move(restarts));
    report.advance(1);
  }
  DOCTEUR_TRY(checksum, out.finish());
  result.checksum = checksum;
  result.size = out.position();
  result.entries = out.take_entries();
  result.outlines = out.take_outlines();
  return result;
}

}  // namespace

outcome<written_pack> write_pack(const object_source& source, byte_sink& out, const pack_options& options,
                                 progress& report) {
  if (source.objects().size() >= std::numeric_limits<std::uint32_t>::max())
    return give_up(blame::input, "more objects than a PACK can hold");
  if (options.restart_interval == 0 || options.large_blob == 0)
    return give_up(blame::usage, "the size of large blobs and the restart interval must be above zero");
  try {
    return with_threads(options.threads, [&] { return write_all(source, out, options, report); });
  } catch (const std::bad_alloc&) {
    return give_up(blame::environment, "out of memory");
  }
}

}  // namespace docteur
