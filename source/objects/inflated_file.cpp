#include "source/objects/inflated_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace docteur {
namespace {

constexpr std::size_t kChunk = 64 * 1024;  // bytes per read
constexpr std::size_t kStep = 1 << 20;     // bytes of content per growth of memory
constexpr std::size_t kFront = 128;        // deflated bytes that contain a header, whatever the codes

memory heap() noexcept {
  return {nullptr, [](void*, std::size_t size) noexcept { return std::malloc(size); },
          [](void*, void* block, std::size_t) noexcept { std::free(block); }};
}

// Reads a zlib stream of a file from its start, a piece at a time.
class file_inflater {
 public:
  static object_result<file_inflater> make(const stream_place& from, std::size_t chunk) {
    auto engine = inflate_stream::make(heap(), inflate_stream::framing::zlib);
    if (!engine) return unreadable(ENOMEM);
    return file_inflater(std::move(*engine), from, chunk);
  }

  // Fills `out`; returns fewer bytes only at the end of the stream.
  object_result<std::size_t> fill(mutable_bytes out) {
    std::size_t have = 0;
    while (have < out.size() && !ended_) {
      DOCTEUR_TRY(step, advance(out.subspan(have)));
      have += step;
    }
    return have;
  }

  // True if the stream ends here; false if it has more content. A cut stream is a fault.
  object_result<bool> at_end() {
    std::array<std::byte, 1> more;
    DOCTEUR_TRY(n, fill(more));
    return n == 0;
  }

 private:
  file_inflater(inflate_stream engine, const stream_place& from, std::size_t chunk)
      : engine_(std::move(engine)), from_(from), buffer_(chunk) {}

  object_result<std::size_t> advance(mutable_bytes out) {
    if (pending_.empty()) DOCTEUR_CHECK(refill());
    const auto step = engine_.next(pending_, out, from_.at);
    if (!step) return damaged(step.error().what);
    pending_ = pending_.subspan(step->consumed);
    ended_ = step->ended;
    if (!ended_ && step->consumed == 0 && step->produced == 0) DOCTEUR_CHECK(refill());
    return step->produced;
  }

  // Reads more input after what is still pending.
  object_result<void> refill() {
    if (pending_.size() == buffer_.size()) return damaged("its zlib stream makes no progress");
    std::copy(pending_.begin(), pending_.end(), buffer_.begin());
    const std::size_t kept = pending_.size();
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - kept, from_.end - from_.at));
    if (room == 0) return damaged("its zlib stream is truncated");
    DOCTEUR_CHECK(from_.file->read(from_.at, mutable_bytes(buffer_).subspan(kept, room)));
    from_.at += room;
    pending_ = bytes(buffer_).first(kept + room);
    return {};
  }

  inflate_stream engine_;
  stream_place from_;  // `at`: of the next read
  std::vector<std::byte> buffer_;
  bytes pending_;  // in buffer_
  bool ended_ = false;
};

class inflated_stream final : public byte_stream {
 public:
  inflated_stream(file_inflater engine, const stream_place& from, std::uint64_t size)
      : engine_(std::move(engine)), file_(from.file), left_(size) {}

  outcome<std::size_t> read(mutable_bytes out) override {
    if (left_ == 0) return std::size_t{0};
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_)));
    auto n = engine_.fill(out);
    if (!n) return failed(std::move(n.error()));
    if (*n < out.size()) return failed(damaged("its zlib stream ends early").value());
    left_ -= *n;
    if (left_ == 0) {
      auto end = engine_.at_end();
      if (!end) return failed(std::move(end.error()));
      if (!*end) return failed(damaged("its zlib stream is longer than its size").value());
    }
    return *n;
  }

 private:
  [[nodiscard]] tl::unexpected<failure> failed(object_fault fault) const {
    const blame who = fault.who;
    return give_up(who, located(std::move(fault), file_->path()).value().why);
  }

  file_inflater engine_;
  std::shared_ptr<const pooled_file> file_;
  std::uint64_t left_;
};

object_result<file_inflater> open_behind(const stream_place& from, std::uint64_t skipped) {
  DOCTEUR_TRY(engine, file_inflater::make(from, kChunk));
  std::vector<std::byte> head(static_cast<std::size_t>(skipped));
  DOCTEUR_TRY(n, engine.fill(head));
  if (n < skipped) return damaged("its zlib stream ends early");
  return engine;
}

}  // namespace

object_result<std::size_t> inflate_front(const stream_place& from, mutable_bytes out) {
  DOCTEUR_TRY(engine, file_inflater::make(from, kFront));
  return engine.fill(out);
}

object_result<void> inflate_whole(const stream_place& from, std::uint64_t skipped, std::uint64_t size,
                                  std::vector<std::byte>& out) {
  DOCTEUR_TRY(engine, open_behind(from, skipped));
  out.clear();
  out.shrink_to_fit();
  out.reserve(static_cast<std::size_t>(size));  // address space only, until it is filled
  while (out.size() < size) {
    const std::size_t have = out.size();
    out.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size, have + kStep)));
    DOCTEUR_TRY(n, engine.fill(mutable_bytes(out).subspan(have)));
    if (n < out.size() - have) return damaged("its zlib stream ends early");
  }
  DOCTEUR_TRY(at_end, engine.at_end());
  if (!at_end) return damaged("its zlib stream is longer than its size");
  return {};
}

object_result<std::unique_ptr<byte_stream>> open_inflated(const stream_place& from, std::uint64_t skipped,
                                                          std::uint64_t size) {
  DOCTEUR_TRY(engine, open_behind(from, skipped));
  return std::make_unique<inflated_stream>(std::move(engine), from, size);
}

}  // namespace docteur
