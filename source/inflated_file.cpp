#include "source/inflated_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace docteur {
namespace {

constexpr std::size_t kChunk = 64 * 1024;  // bytes per read
constexpr std::size_t kFront = 128;        // deflated bytes that hold a header, whatever the codes

memory heap() noexcept {
  return {nullptr, [](void*, std::size_t size) noexcept { return std::malloc(size); },
          [](void*, void* block, std::size_t) noexcept { std::free(block); }};
}

// Reads a zlib stream of a file from its start, a piece at a time.
class file_inflater {
 public:
  static object_result<file_inflater> make(int fd, std::uint64_t at, std::uint64_t end, std::size_t chunk) {
    auto engine = inflate_stream::make(heap(), inflate_stream::framing::zlib);
    if (!engine) return tl::unexpected<object_fault>({false, "cannot be read: out of memory"});
    return file_inflater(std::move(*engine), fd, at, end, chunk);
  }

  // Fills `out`; fewer bytes only where the stream ends.
  object_result<std::size_t> fill(mutable_bytes out) {
    std::size_t have = 0;
    while (have < out.size() && !ended_) {
      DOCTEUR_TRY(step, advance(out.subspan(have)));
      have += step;
    }
    return have;
  }

  // True when the stream has no more content; a stream that is cut or has more is a fault or false.
  object_result<bool> at_end() {
    std::array<std::byte, 1> more;
    DOCTEUR_TRY(n, fill(more));
    return n == 0;
  }

 private:
  file_inflater(inflate_stream engine, int fd, std::uint64_t at, std::uint64_t end, std::size_t chunk)
      : engine_(std::move(engine)), fd_(fd), at_(at), end_(end), buffer_(chunk) {}

  object_result<std::size_t> advance(mutable_bytes out) {
    if (pending_.empty()) DOCTEUR_CHECK(refill());
    const auto step = engine_.next(pending_, out, at_);
    if (!step) return damaged(step.error().what);
    pending_ = pending_.subspan(step->consumed);
    ended_ = step->ended;
    if (!ended_ && step->consumed == 0 && step->produced == 0) DOCTEUR_CHECK(refill());
    return step->produced;
  }

  // More input, behind what is still pending.
  object_result<void> refill() {
    if (pending_.size() == buffer_.size()) return damaged("a zlib stream that does not go on");
    std::copy(pending_.begin(), pending_.end(), buffer_.begin());
    const std::size_t kept = pending_.size();
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - kept, end_ - at_));
    if (room == 0) return damaged("its zlib stream is cut");
    ssize_t n = 0;
    do n = ::pread(fd_, buffer_.data() + kept, room, static_cast<off_t>(at_));
    while (n < 0 && errno == EINTR);
    if (n < 0) return tl::unexpected<object_fault>({false, std::string("cannot be read: ") + std::strerror(errno)});
    if (n == 0) return damaged("its file became shorter");
    at_ += static_cast<std::uint64_t>(n);
    pending_ = bytes(buffer_).first(kept + static_cast<std::size_t>(n));
    return {};
  }

  inflate_stream engine_;
  int fd_;
  std::uint64_t at_;  // of the next read
  std::uint64_t end_;
  std::vector<std::byte> buffer_;
  bytes pending_;  // in buffer_
  bool ended_ = false;
};

class inflated_stream final : public byte_stream {
 public:
  inflated_stream(unique_fd fd, file_inflater engine, std::uint64_t size)
      : fd_(std::move(fd)), engine_(std::move(engine)), left_(size) {}

  outcome<std::size_t> read(mutable_bytes out) override {
    if (left_ == 0) return std::size_t{0};
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_)));
    const auto n = engine_.fill(out);
    if (!n) return give_up(blame::input, n.error().why);
    if (*n < out.size()) return give_up(blame::input, "is damaged: its zlib stream ends early");
    left_ -= *n;
    if (left_ == 0) {
      const auto end = engine_.at_end();
      if (!end) return give_up(blame::input, end.error().why);
      if (!*end) return give_up(blame::input, "is damaged: its zlib stream goes on behind its size");
    }
    return *n;
  }

 private:
  unique_fd fd_;
  file_inflater engine_;
  std::uint64_t left_;
};

}  // namespace

object_result<std::size_t> inflate_front(int fd, std::uint64_t at, std::uint64_t end, mutable_bytes out) {
  DOCTEUR_TRY(engine, file_inflater::make(fd, at, end, kFront));
  return engine.fill(out);
}

object_result<std::unique_ptr<byte_stream>> open_inflated(int fd, std::uint64_t at, std::uint64_t end,
                                                          std::uint64_t skipped, std::uint64_t size) {
  unique_fd own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!own) return tl::unexpected<object_fault>({false, std::string("cannot be read: ") + std::strerror(errno)});
  DOCTEUR_TRY(engine, file_inflater::make(own.get(), at, end, kChunk));
  std::vector<std::byte> head(static_cast<std::size_t>(skipped));
  DOCTEUR_TRY(n, engine.fill(head));
  if (n < skipped) return damaged("its zlib stream ends early");
  return std::make_unique<inflated_stream>(std::move(own), std::move(engine), size);
}

}  // namespace docteur
