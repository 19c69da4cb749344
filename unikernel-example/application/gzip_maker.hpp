#pragma once
// Gzip for content that has no stream of its own in the PACK, above all for deltas: made aside, one at a time, and kept
// in the cache. Who asks first is sent the plain content and does not wait. Any thread may use it.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_set>

#include "unikernel-example/application/content_cache.hpp"
#include "unikernel-example/platform/platform.hpp"

namespace docteur::cache_vm {

// Whether content of this media type, without parameters, becomes smaller when it is coded.
[[nodiscard]] bool is_compressible(std::string_view media_type) noexcept;

class gzip_maker {
 public:
  static constexpr std::uint64_t kLeast = 1024;    // bytes of content: less fits one packet in any case
  static constexpr std::uint64_t kMost = 1 << 20;  // bytes: takes about 15 milliseconds
  static constexpr std::size_t kMostWaiting = 16;  // contents
  static constexpr std::size_t kMostUnfit = 4096;  // then all are forgotten: finding out again costs one coding

  // `on`: nullptr, or a platform that cannot do it: nothing is made. `live`: content's `counted`.
  gzip_maker(platform* on, content_cache& cache, std::shared_ptr<std::atomic<std::uint64_t>> live)
      : on_(on != nullptr && on->can_gzip() ? on : nullptr), cache_(&cache), live_(std::move(live)) {}

  // Whether want() does something for content of `size` bytes. What is made must fit the cache.
  [[nodiscard]] bool takes(std::uint64_t size) const noexcept {
    return on_ != nullptr && size >= kLeast && size <= kMost && cache_->keeps(size);
  }
  // The gzip form of `plain` is to be put in the cache. Does nothing if that is under way, would not make it smaller,
  // or too much waits. `self` keeps the cache alive; both may go away meanwhile.
  static void want(const std::shared_ptr<gzip_maker>& self, const shared_content& plain) noexcept;
  // Makes it now, on this thread; nullptr if that is not possible, or not smaller. Throws std::bad_alloc.
  [[nodiscard]] shared_content make(const content& plain) const { return make(*on_, plain, live_); }

 private:
  using live_bytes = std::shared_ptr<std::atomic<std::uint64_t>>;
  struct job {
    shared_content plain;
    shared_content made;  // nullptr: it is not smaller
    bool failed = false;  // there was no memory
  };
  static shared_content make(platform& on, const content& plain, const live_bytes& live);
  static void begin(const std::shared_ptr<gzip_maker>& self, shared_content plain);
  void keep(const job& done) noexcept;
  [[nodiscard]] shared_content next() noexcept;

  platform* const on_;
  content_cache* const cache_;
  const live_bytes live_;
  std::mutex guard_;  // of everything below
  bool is_making_ = false;
  std::deque<shared_content> waiting_;
  std::unordered_set<std::uint32_t> known_;  // positions of contents that wait, are being coded, or are unfit
};

}  // namespace docteur::cache_vm
