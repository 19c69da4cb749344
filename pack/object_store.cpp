#include "pack/object_store.hpp"

#include <lz4.h>
#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <string>

#include "base/first_failure.hpp"
#include "base/oid_text.hpp"
#include "object/hasher.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBatch = 32;  // objects per task: neighbours are often side by side in the source
constexpr std::uint64_t kRaw = std::uint64_t{256} << 20;  // bytes of the spool behind which all is compressed

char* chars(std::vector<std::byte>& v) { return reinterpret_cast<char*>(v.data()); }

struct worker {
  whole_estimator whole;
  std::vector<std::byte> content;
  std::vector<std::byte> packed;

  // Returns `content` as it is kept in the spool: compressed if that is smaller. LZ4's sizes decide nothing else: they
  // are not the same on every machine.
  bytes pack() {
    if (content.size() > LZ4_MAX_INPUT_SIZE) return content;
    const auto size = static_cast<int>(content.size());
    packed.resize(static_cast<std::size_t>(LZ4_compressBound(size)));
    const int used = LZ4_compress_default(chars(content), chars(packed), size, size - 1);
    return used > 0 ? bytes(packed).first(static_cast<std::size_t>(used)) : bytes(content);
  }
};

// Replaces `out` with the content of an object, compared with its id; what differs is read once more.
outcome<void> read_right(const object_source& source, std::size_t index, std::vector<std::byte>& out) {
  const source_object& object = source.objects()[index];
  const auto is_right = [&] {
    return out.size() == object.size && object_id(object.id.kind(), object.type, out) == object.id;
  };
  DOCTEUR_CHECK(source.read(index, out));
  if (is_right()) return {};
  DOCTEUR_CHECK(source.read_verified(index, out));
  if (!is_right()) return tl::unexpected<failure>(changed_while_read(source, index));
  return {};
}

}  // namespace

failure changed_while_read(const object_source& source, std::size_t index) {
  const std::string_view path = source.path(index);
  std::string subject = path.empty() ? "object " + hex_text(source.objects()[index].id) : std::string(path);
  return failure{blame::input, std::move(subject) + ": changed while it was read"};
}

outcome<object_store> object_store::fill(const object_source& source, const settings& options, observer& watcher,
                                         progress& report) {
  DOCTEUR_TRY(file, spool::create(options.spool_directory));
  object_store store(source, std::move(file));
  const std::span<const source_object> objects = source.objects();
  tbb::enumerable_thread_specific<worker> workers;
  first_failure failed(report);

  const auto keep = [&](worker& own, bool waits) -> outcome<place> {
    const bytes packed = waits && store.file_->size() < kRaw ? bytes(own.content) : own.pack();
    DOCTEUR_TRY(offset, store.file_->append(packed));
    return place{offset, packed.size(), {}, true};
  };
  const auto take = [&](std::size_t index, worker& own) -> outcome<void> {
    DOCTEUR_CHECK(read_right(source, index, own.content));
    const bool waits = options.kept != nullptr && may_carry(options.kept->entries(), index, options.bases);
    if (!waits) watcher.see(index, own.content);
    DOCTEUR_TRY(kept, keep(own, waits));
    kept.whole = waits ? assumed_whole(own.content.size()) : own.whole.of(own.content);
    store.kept_[index] = kept;
    return {};
  };
  const auto take_kept = [&](std::size_t index, worker& own) -> outcome<void> {
    const kept_entry& entry = options.kept->entries()[index];
    place& kept = store.kept_[index];
    if (options.bases[index]) {
      DOCTEUR_CHECK(options.kept->read(index, own.content));
      if (own.content.size() != objects[index].size) return tl::unexpected<failure>(changed_while_read(source, index));
      watcher.see(index, own.content);
      DOCTEUR_TRY(place, keep(own, false));
      kept = place;
    }
    kept.whole = {entry.stream_size, entry.stored};
    return {};
  };
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, objects.size(), kBatch),
      [&](const auto& range) {
        worker& own = workers.local();
        std::uint64_t taken_bytes = 0;
        for (std::size_t i = range.begin(); i < range.end() && !failed.stop(); ++i) {
          const bool kept = options.kept != nullptr && options.kept->entries()[i].is_kept();
          if (!kept && is_large(objects[i], options.large_blob)) continue;
          if (auto taken = kept ? take_kept(i, own) : take(i, own); !taken) failed.set(i, std::move(taken.error()));
          taken_bytes += objects[i].size;
        }
        report.add_bytes(taken_bytes);
        report.advance(range.size());
      },
      tbb::simple_partitioner());
  DOCTEUR_CHECK(failed.check());
  return store;
}

outcome<void> object_store::read(std::size_t index, store_scratch& scratch, std::vector<std::byte>& out) const {
  const place& kept = kept_[index];
  out.resize(static_cast<std::size_t>(source_->objects()[index].size));
  if (kept.size == out.size()) return file_->read(kept.offset, out);
  scratch.packed.resize(static_cast<std::size_t>(kept.size));
  DOCTEUR_CHECK(file_->read(kept.offset, scratch.packed));
  const int made =
      LZ4_decompress_safe(chars(scratch.packed), chars(out), static_cast<int>(kept.size), static_cast<int>(out.size()));
  if (made < 0 || static_cast<std::size_t>(made) != out.size())
    return give_up(blame::environment, "the temporary file does not hold what was written to it");
  return {};
}

}  // namespace docteur
