#include "pack/writer.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "base/threads.hpp"
#include "pack/candidates.hpp"
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
constexpr std::uint64_t kFewPlanned = 4;   // few: one byte of content in so many

// Of pack_options::memory what is left beside the lists of objects, which count where they take more than a quarter of
// it.
std::uint64_t beside_lists(std::uint64_t memory, std::uint64_t objects) {
  constexpr std::uint64_t kListed = 256;  // bytes of an object, about: id, path, place in the spool, plan, features
  const std::uint64_t too_many = std::max(objects * kListed, memory / 4) - memory / 4;
  return std::max(memory / 8, memory - std::min(memory, too_many));
}

// Shares of that. The rest is for objects in flight and for the allocator.
std::size_t for_content(std::uint64_t memory) { return static_cast<std::size_t>(memory / 16 * 3); }  // features first
std::size_t for_pairs(std::uint64_t memory) { return static_cast<std::size_t>(memory / 8 * 5); }

// What the older PACK has of an object; nullptr if the object is not kept.
const kept_entry* kept_of(const pack_options& options, std::size_t index) {
  if (options.kept == nullptr || !options.kept->entries()[index].is_kept()) return nullptr;
  return &options.kept->entries()[index];
}

// The objects that may be deltas or bases, and how many bases are tried.
struct plan_scope {
  std::vector<bool> eligible;
  plan_effort effort;
};

plan_scope find_scope(const object_source& source, const pack_options& options, unsigned max_depth) {
  const std::span<const source_object> objects = source.objects();
  plan_scope scope{std::vector<bool>(objects.size()), plan_of(options.effort)};
  std::uint64_t all = 0, planned = 0;  // bytes of content
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const source_object& o = objects[i];
    const kept_entry* const kept = kept_of(options, i);
    scope.eligible[i] = (o.type == object_type::blob || o.type == object_type::tree) && o.size >= kLeastDelta &&
                        o.size <= delta_encoder::kLargest && !is_large(o, options.largest_delta) &&
                        (kept == nullptr || (kept->depth < max_depth && !kept->has_restarts));
    all += o.size;
    if (kept == nullptr) planned += o.size;
  }
  // So few are new that looking at all content would be most of the work. Names and the older PACK say where to look;
  // on two releases of linux-source that finds as much as all content does.
  if (options.kept != nullptr && planned <= all / kFewPlanned) {
    candidate_limits& candidates = scope.effort.candidates;
    scope.eligible = near_new_objects(source, scope.eligible, options.kept->entries(), candidates.neighbours + 1);
    candidates.best = (candidates.best + 3) / 4;
  }
  return scope;
}

// Marks the large blobs that are neither deltas nor bases: they are streamed. One that is kept has restart points.
std::vector<bool> find_streamed(std::span<const source_object> objects, std::span<const std::uint32_t> bases,
                                const pack_options& options) {
  std::vector<bool> streamed(objects.size());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (const kept_entry* kept = kept_of(options, i); kept != nullptr)
      streamed[i] = kept->has_restarts;
    else
      streamed[i] = is_large(objects[i], std::max(options.large_blob, options.largest_delta)) ||
                    (bases[i] == kNoBase && is_large(objects[i], options.large_blob));
  }
  for (const std::uint32_t base : bases)
    if (base != kNoBase) streamed[base] = false;
  return streamed;
}

// Writes the entry of a large blob as it lies in the older PACK, and returns where reading can begin in it.
outcome<restart_points> copy_large_blob(const kept_entries& kept, const source_object& object, std::size_t index,
                                        pack_stream& out, pack_statistics& statistics, progress& report) {
  constexpr std::uint64_t kPiece = 1u << 20;  // bytes
  DOCTEUR_TRY(restarts, kept.read_restarts(index));
  restarts.offset = out.position();
  DOCTEUR_CHECK(out.begin_entry(object));
  const std::uint64_t size = kept.entries()[index].stream_size;
  std::vector<std::byte> piece;
  for (std::uint64_t at = 0; at < size; at += piece.size()) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    piece.resize(static_cast<std::size_t>(std::min(kPiece, size - at)));
    DOCTEUR_CHECK(kept.read_stream(index, at, piece));
    DOCTEUR_CHECK(out.write(piece));
    report.add_bytes(piece.size());
  }
  out.end_entry();
  ++statistics.kept_entries;
  statistics.kept_bytes += size;
  return restarts;
}

// Chooses the deflate levels by how much of the content is in objects that are not deltas.
deflate_levels choose_levels(std::span<const source_object> objects, std::span<const std::uint32_t> bases,
                             const std::vector<bool>& streamed, const plan_effort& effort, bool is_next) {
  if (is_next) return effort.levels_of_next;
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
  const unsigned max_depth = std::min(options.max_depth, kDeepestChain);
  written_pack result;
  for (const source_object& object : objects) result.statistics.content_bytes += object.size;

  const std::uint64_t memory = beside_lists(options.memory, objects.size());
  report.phase("reading", objects.size());
  const auto [eligible, effort] = find_scope(source, options, max_depth);
  auto features = std::make_unique<feature_collector>(objects, eligible, for_content(memory));
  DOCTEUR_TRY(store, object_store::fill(source,
                                        {std::max(options.large_blob, options.largest_delta), options.spool_directory,
                                         options.kept, eligible},
                                        *features, report));
  const plan_limits limits{.effort = effort,
                           .purpose = options.purpose,
                           .max_depth = max_depth,
                           .cache_bytes = for_content(memory),
                           .kept = options.kept,
                           .pair_bytes = for_pairs(memory)};
  DOCTEUR_TRY(plan, plan_deltas(source, store, std::move(features), eligible, limits, report));

  report.phase("writing", objects.size());
  pack_stream out(sink, source.kind(), static_cast<std::uint32_t>(objects.size()));
  const std::vector<bool> streamed = find_streamed(objects, plan.bases, options);
  const deflate_levels levels = choose_levels(objects, plan.bases, streamed, effort, options.kept != nullptr);
  DOCTEUR_CHECK(write_entries(
      objects, store, {plan.bases, options.kept, plan.carried, streamed, effort.best, levels, limits.cache_bytes}, out,
      result.statistics, report));
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!streamed[i]) continue;
    DOCTEUR_TRY(restarts, kept_of(options, i) != nullptr
                              ? copy_large_blob(*options.kept, objects[i], i, out, result.statistics, report)
                              : write_large_blob(source, i, options.restart_interval, out, report));
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
