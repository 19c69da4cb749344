#include "mount/blob_streams.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::size_t kMostStreams = 4;                  // about 80 KiB each
constexpr std::uint64_t kNear = std::uint64_t{1} << 20;  // bytes to skip in a stream rather than to open another
constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

}  // namespace

// Returns a stream for the range from `at` to `end`, marked as busy.
result<blob_streams::place*> blob_streams::take(image_reader& with, std::uint64_t at, std::uint64_t end) {
  std::unique_lock lock(mutex_);
  for (;;) {
    place* best = nullptr;  // the idle stream that is nearest before `at`
    place* any = nullptr;
    bool is_coming = false;
    for (const auto& p : places_) {
      is_coming |= p->busy && p->next == at;
      if (p->busy) continue;
      any = p.get();
      if (p->next <= at && (best == nullptr || p->next > best->next)) best = p.get();
    }
    if (best == nullptr || at - best->next > kNear) {
      const bool may_open = !is_coming && places_.size() + opening_ < kMostStreams;
      best = is_coming || may_open ? nullptr : any;
      if (may_open) break;
    }
    if (best != nullptr) {
      best->busy = true;
      best->next = end;
      return best;
    }
    freed_.wait(lock);
  }
  ++opening_;
  lock.unlock();
  auto opened = with.open(node_);
  lock.lock();
  --opening_;
  freed_.notify_all();
  if (!opened) return tl::make_unexpected(opened.error());
  places_.push_back(std::make_unique<place>(std::move(*opened)));
  places_.back()->next = end;
  return places_.back().get();
}

result<done> blob_streams::read(image_reader& with, std::uint64_t at, mutable_bytes out) {
  DOCTEUR_TRY(from, take(with, at, at + out.size()));
  const auto read = from->stream.read(at, out);
  {
    const std::lock_guard lock(mutex_);
    from->busy = false;
    if (!read) from->next = kNowhere;
  }
  freed_.notify_all();
  return read;
}

}  // namespace docteur
