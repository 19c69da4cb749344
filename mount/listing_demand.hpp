#pragma once
// Decides whether a listing carries the attributes of its files. Hosted, may be used by many threads.

#include <atomic>
#include <cstdint>

namespace docteur {

// The kernel does not say what a program needs of a listing. It looks up attributes that the listing lacks file by
// file, which costs far more. But find(1) needs names only, and the size of a file that is a delta must be read from
// the image. So the first kFirst listings carry attributes, and so do kListings after a file was looked up; the others
// carry names until the next lookup.
class listing_demand {
 public:
  static constexpr std::uint32_t kFirst = 16;
  static constexpr std::uint32_t kListings = 256;

  // Returns whether a listing carries attributes. `begins`: false for more of a listing that one answer cannot hold.
  [[nodiscard]] bool wants_all(bool begins) noexcept {
    std::uint32_t left = left_.load(std::memory_order_relaxed);
    if (!begins) return left > 0;
    while (left > 0)
      if (left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) return true;
    return false;
  }
  // A file was looked up.
  void looked_up() noexcept {
    if (left_.load(std::memory_order_relaxed) == 0) left_.store(kListings, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint32_t> left_{kFirst};
};

}  // namespace docteur
