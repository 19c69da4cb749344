#include "pack/large_blob.hpp"

#include <libdeflate.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <memory>

#include "base/first_failure.hpp"
#include "object/hasher.hpp"
#include "pack/compressor.hpp"
#include "pack/object_store.hpp"
#include "pack/segment_deflater.hpp"

namespace docteur {
namespace {

constexpr int kLevel = 7;  // level 8 takes half as much time again and saves less than 1 %
constexpr std::byte kZlibHeader[2] = {std::byte{0x78}, std::byte{0x9c}};
// Whether a blob deflates is probed: kProbe bytes of every kProbeStep.
constexpr std::size_t kProbe = 16 << 10;
constexpr std::size_t kProbeStep = 128 << 10;

// Reads the content of a blob forward and computes its id and its Adler-32 on the way.
class checked_content {
 public:
  checked_content(const object_source& source, std::size_t index)
      : source_(source),
        index_(index),
        left_(source.objects()[index].size),
        hash_(object_hash(source.kind(), object_type::blob, left_)) {}

  // Reads the first kLargeBlobSample bytes, for head().
  outcome<void> open() {
    DOCTEUR_TRY(stream, source_.open(index_));
    stream_ = std::move(stream);
    return read(head_, static_cast<std::size_t>(std::min<std::uint64_t>(left_, kLargeBlobSample)));
  }
  [[nodiscard]] bytes head() const { return head_; }
  // True when next() has returned everything.
  [[nodiscard]] bool at_end() const { return left_ == 0 && taken_ == head_.size(); }
  [[nodiscard]] std::uint32_t adler() const { return adler_; }

  // Replaces `out` with the next `most` bytes, or fewer at the end.
  outcome<void> next(std::vector<std::byte>& out, std::size_t most) {
    const std::size_t ready = std::min(most, head_.size() - taken_);
    const auto fresh = static_cast<std::size_t>(std::min<std::uint64_t>(most - ready, left_));
    if (ready == 0) {
      DOCTEUR_CHECK(read(out, fresh));
    } else {
      std::vector<std::byte> tail;
      DOCTEUR_CHECK(read(tail, fresh));
      const auto from = head_.begin() + static_cast<std::ptrdiff_t>(taken_);
      out.assign(from, from + static_cast<std::ptrdiff_t>(ready));
      out.insert(out.end(), tail.begin(), tail.end());
      taken_ += ready;
      if (taken_ == head_.size()) head_ = {}, taken_ = 0;
    }
    adler_ = libdeflate_adler32(adler_, out.data(), out.size());
    return {};
  }
  // At the end: fails if more follows or the id does not match.
  outcome<void> check() {
    std::byte extra;
    DOCTEUR_TRY(more, stream_->read({&extra, 1}));
    if (more > 0 || hash_.finish() != source_.objects()[index_].id)
      return tl::unexpected<failure>(changed_while_read(source_, index_));
    return {};
  }

 private:
  outcome<void> read(std::vector<std::byte>& out, std::size_t size) {
    out.resize(size);
    for (mutable_bytes rest = out; !rest.empty();) {
      DOCTEUR_TRY(n, stream_->read(rest));
      if (n == 0) return tl::unexpected<failure>(changed_while_read(source_, index_));
      rest = rest.subspan(n);
    }
    hash_.update(out);
    left_ -= size;
    return {};
  }

  const object_source& source_;
  std::size_t index_;
  std::uint64_t left_;  // bytes not yet read from the source
  hasher hash_;
  std::uint32_t adler_ = 1;
  std::vector<std::byte> head_;  // what open() read; emptied once next() has returned it
  std::size_t taken_ = 0;        // bytes of head_ that next() has returned
  std::unique_ptr<byte_stream> stream_;
};

bool worth_deflating(bytes sample) {
  compressor quick(1);
  std::size_t before = 0, after = 0;
  for (; !sample.empty(); sample = sample.subspan(std::min(sample.size(), kProbeStep))) {
    const bytes probe = sample.first(std::min(sample.size(), kProbe));
    before += probe.size();
    after += std::min(quick.deflated_size(probe), probe.size());
  }
  return after < before - before / 50;
}

struct segment {
  std::vector<std::byte> content;
  std::vector<std::byte> deflated;
  bool last;
};

outcome<void> write_deflated(checked_content& content, std::uint32_t interval, pack_stream& out,
                             restart_points& restarts, progress& report) {
  DOCTEUR_CHECK(out.write(kZlibHeader));
  first_failure failed(report);
  tbb::enumerable_thread_specific<segment_deflater> workers([] { return segment_deflater(kLevel); });
  std::uint64_t position = sizeof kZlibHeader;
  bool first = true, ended = false;
  using handle = std::shared_ptr<segment>;
  const auto read = [&](tbb::flow_control& flow) -> handle {
    if (ended || failed.stop()) return flow.stop(), nullptr;
    auto part = std::make_shared<segment>();
    if (auto got = content.next(part->content, interval); !got) failed.set(0, std::move(got.error()));
    part->last = ended = content.at_end();
    return part;
  };
  const auto shrink = [&](const handle& part) {
    if (failed.stop()) return part;
    if (auto done = workers.local().run(part->content, part->last, part->deflated); !done)
      failed.set(0, std::move(done.error()));
    return part;
  };
  const auto write = [&](const handle& part) {
    if (failed.stop()) return;
    if (!first) restarts.points.push_back(position);
    first = false;
    position += part->deflated.size();
    if (auto put = out.write(part->deflated); !put) failed.set(0, std::move(put.error()));
    report.add_bytes(part->deflated.size());
  };
  tbb::parallel_pipeline(2 * static_cast<std::size_t>(tbb::this_task_arena::max_concurrency()),
                         tbb::make_filter<void, handle>(tbb::filter_mode::serial_in_order, read) &
                             tbb::make_filter<handle, handle>(tbb::filter_mode::parallel, shrink) &
                             tbb::make_filter<handle, void>(tbb::filter_mode::serial_in_order, write));
  return failed.check();
}

outcome<void> write_stored(checked_content& content, pack_stream& out, progress& report) {
  DOCTEUR_CHECK(out.write(kStoredHeader));
  first_failure failed(report);
  std::vector<std::byte> block, framed;
  do {
    if (failed.stop()) return failed.check();
    DOCTEUR_CHECK(content.next(block, kStoredBlock));
    framed.clear();
    append_stored_block(block, content.at_end(), framed);
    DOCTEUR_CHECK(out.write(framed));
    report.add_bytes(framed.size());
  } while (!content.at_end());
  return {};
}

}  // namespace

outcome<restart_points> write_large_blob(const object_source& source, std::size_t index, std::uint32_t interval,
                                         pack_stream& out, progress& report) {
  const source_object& object = source.objects()[index];
  checked_content content(source, index);
  DOCTEUR_CHECK(content.open());
  const bool stored = !worth_deflating(content.head());
  restart_points restarts{
      out.position(), object.size, stored ? static_cast<std::uint32_t>(kStoredBlock) : interval, stored, {}};
  DOCTEUR_CHECK(out.begin_entry(object));
  DOCTEUR_CHECK(stored ? write_stored(content, out, report) : write_deflated(content, interval, out, restarts, report));
  std::byte sum[4];
  store_be(sum, content.adler());
  DOCTEUR_CHECK(out.write(sum));
  out.end_entry();
  DOCTEUR_CHECK(content.check());
  return restarts;
}

}  // namespace docteur
