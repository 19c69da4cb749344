#include "pack/object_store.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <new>
#include <string>

#include "object/sha1.hpp"
#include "pack/compressor.hpp"
#include "pack/first_failure.hpp"

namespace docteur {
namespace {

constexpr std::size_t kBatch = 32;  // neighbours in a source often lie together there

struct worker {
  explicit worker(int level) : deflate(level) {}
  compressor deflate;
  std::vector<std::byte> content;
};

inflater make_inflater() {
  auto made = inflater::make();
  if (!made) throw std::bad_alloc();
  return std::move(*made);
}

}  // namespace

store_scratch::store_scratch() : inflate(make_inflater()) {}

failure changed_while_read(const object_source& source, std::size_t index) {
  const std::string_view path = source.path(index);
  const oid_hex hex = to_hex(source.objects()[index].id);
  std::string subject = path.empty() ? "object " + std::string(hex.begin(), hex.end()) : std::string(path);
  return failure{blame::input, std::move(subject) + ": changed while it was read"};
}

outcome<object_store> object_store::fill(const object_source& source, const settings& with, observer& eye,
                                         progress& report) {
  DOCTEUR_TRY(file, spool::create(with.spool_directory));
  object_store store(source, std::move(file));
  const std::span<const source_object> objects = source.objects();
  tbb::enumerable_thread_specific<worker> workers([&] { return worker(kLevel); });
  first_failure failed(report);

  const auto take = [&](std::size_t index, worker& own) -> outcome<void> {
    const source_object& object = objects[index];
    DOCTEUR_CHECK(source.read(index, own.content));
    if (own.content.size() != object.size || object_id(object.type, own.content) != object.id)
      return tl::unexpected<failure>(changed_while_read(source, index));
    eye.see(index, own.content);
    const compressed small = own.deflate.compress(own.content);
    DOCTEUR_TRY(offset, store.file_->append(small.stream));
    store.kept_[index] = {offset, small.stream.size(), small.stored};
    return {};
  };
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, objects.size(), kBatch),
      [&](const auto& range) {
        worker& own = workers.local();
        std::uint64_t taken_bytes = 0;
        for (std::size_t i = range.begin(); i < range.end() && !failed.stop(); ++i) {
          if (is_large(objects[i], with.large_blob)) continue;
          if (auto taken = take(i, own); !taken) failed.set(i, std::move(taken.error()));
          taken_bytes += objects[i].size;
        }
        report.add_bytes(taken_bytes);
        report.advance(range.size());
      },
      tbb::simple_partitioner());
  DOCTEUR_CHECK(failed.check());
  return store;
}

outcome<void> object_store::read_stream(std::size_t index, std::vector<std::byte>& out) const {
  out.resize(static_cast<std::size_t>(kept_[index].size));
  return file_->read(kept_[index].offset, out);
}

outcome<void> object_store::read(std::size_t index, store_scratch& with, std::vector<std::byte>& out) const {
  DOCTEUR_CHECK(read_stream(index, with.stream));
  out.resize(static_cast<std::size_t>(source_->objects()[index].size));
  const auto used = with.inflate.inflate(with.stream, out, 0);
  if (!used || *used != with.stream.size())
    return give_up(blame::environment, "the temporary file does not hold what was written to it");
  return {};
}

}  // namespace docteur
