#include "pack/writer.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include "pack/first_failure.hpp"
#include "pack/large_blob.hpp"
#include "pack/object_store.hpp"
#include "pack/pack_stream.hpp"

namespace docteur {
namespace {

constexpr int kWholeLevel = 6;  // libdeflate's, for objects that are stored whole

class no_observer : public object_store::observer {
 public:
  void see(std::size_t, bytes) override {}
};

struct payload {
  std::uint32_t index;
  std::vector<std::byte> stream;
};

outcome<written_pack> write_all(const object_source& source, byte_sink& sink, const pack_options& options,
                                progress& report) {
  const std::span<const source_object> objects = source.objects();
  written_pack result;
  for (const source_object& object : objects) result.statistics.content_bytes += object.size;

  report.phase("reading", objects.size());
  no_observer eye;
  DOCTEUR_TRY(store,
              object_store::fill(source, {kWholeLevel, options.large_blob, options.spool_directory}, eye, report));

  report.phase("writing", objects.size());
  pack_stream out(sink, static_cast<std::uint32_t>(objects.size()));
  first_failure failed(report);
  std::uint32_t next = 0;
  using handle = std::shared_ptr<payload>;
  const auto take = [&](tbb::flow_control& flow) -> handle {
    while (next < objects.size() && !store.holds(next)) ++next;
    if (next == objects.size() || failed.stop()) return flow.stop(), nullptr;
    return std::make_shared<payload>(payload{next++, {}});
  };
  const auto fetch = [&](const handle& part) {
    if (auto read = store.read_stream(part->index, part->stream); !read)
      failed.set(part->index, std::move(read.error()));
    return part;
  };
  const auto put = [&](const payload& part) -> outcome<void> {
    const source_object& object = objects[part.index];
    if (store.stored(part.index)) ++result.statistics.stored_entries;
    DOCTEUR_CHECK(out.begin_entry(object));
    DOCTEUR_CHECK(out.write(part.stream));
    out.end_entry();
    report.advance(1);
    return {};
  };
  tbb::parallel_pipeline(2 * static_cast<std::size_t>(tbb::this_task_arena::max_concurrency()),
                         tbb::make_filter<void, handle>(tbb::filter_mode::serial_in_order, take) &
                             tbb::make_filter<handle, handle>(tbb::filter_mode::parallel, fetch) &
                             tbb::make_filter<handle, void>(tbb::filter_mode::serial_in_order, [&](const handle& part) {
                               if (failed.stop()) return;
                               if (auto done = put(*part); !done) failed.set(part->index, std::move(done.error()));
                             }));
  DOCTEUR_CHECK(failed.check());

  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (store.holds(i)) continue;
    DOCTEUR_TRY(restarts, write_large_blob(source, i, options.restart_interval, out, report));
    if (restarts.stored) ++result.statistics.stored_entries;
    result.restarts.push_back(std::move(restarts));
    report.advance(1);
  }
  DOCTEUR_TRY(checksum, out.finish());
  result.checksum = checksum;
  result.size = out.position();
  result.entries = out.take_entries();
  return result;
}

}  // namespace

outcome<written_pack> write_pack(const object_source& source, byte_sink& out, const pack_options& options,
                                 progress& report) {
  if (source.objects().size() > std::numeric_limits<std::uint32_t>::max())
    return give_up(blame::input, "more objects than a PACK can hold");
  if (options.restart_interval == 0 || options.large_blob == 0)
    return give_up(blame::usage, "the size of large blobs and the restart interval must be above zero");
  const int threads = options.threads > 0 ? static_cast<int>(options.threads) : tbb::info::default_concurrency();
  try {
    const tbb::global_control workers(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
    tbb::task_arena arena(threads);
    return arena.execute([&] { return write_all(source, out, options, report); });
  } catch (const std::bad_alloc&) {
    return give_up(blame::environment, "out of memory");
  }
}

}  // namespace docteur
