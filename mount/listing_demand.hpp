#pragma once
// Whether a listing should bring what stat(2) tells of the files in it. Hosted, may be used by many threads.

#include <atomic>
#include <cstdint>

namespace docteur {

// The kernel does not say what a program does with a listing. What it lacks it looks up, file by file, which costs far
// more than to have it in the listing; but find(1) asks for names only, and the size of a file that is stored as a
// delta must be read from the image. So after kListings that bring all, listings bring names only until a file is
// looked up. The first kFirst bring all, too: a program that lists one folder may be the only one.
class listing_demand {
 public:
  static constexpr std::uint32_t kFirst = 16;
  static constexpr std::uint32_t kListings = 256;

  // Before a listing, or before more of one that is too long for one answer: whether it brings all.
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
