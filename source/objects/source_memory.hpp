#pragma once
// The memory that all open repositories of the process may use together, besides the objects being read. Hosted; all
// functions are safe from many threads.

#include <atomic>
#include <cstdint>
#include <utility>

#include "source/objects/base_cache.hpp"

namespace docteur {

// A number of bytes from which shares are taken and to which they are returned.
class memory_budget {
 public:
  void set_bound(std::uint64_t most) noexcept { bound_.store(most, std::memory_order_relaxed); }
  // Returns false if less is left.
  [[nodiscard]] bool take(std::uint64_t size) noexcept {
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      const std::uint64_t bound = bound_.load(std::memory_order_relaxed);
      if (used > bound || size > bound - used) return false;
    } while (!used_.compare_exchange_weak(used, used + size, std::memory_order_relaxed));
    return true;
  }
  void give(std::uint64_t size) noexcept { used_.fetch_sub(size, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> bound_{0};
  std::atomic<std::uint64_t> used_{0};
};

// A share of a budget; the destructor returns it.
class memory_share {
 public:
  explicit memory_share(memory_budget& of) noexcept : of_(&of) {}
  memory_share(memory_share&& other) noexcept : of_(other.of_), size_(std::exchange(other.size_, 0)) {}
  memory_share& operator=(memory_share&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~memory_share() {
    if (size_ > 0) of_->give(size_);
  }
  // Takes `size` bytes more; returns false if less is left.
  [[nodiscard]] bool take(std::uint64_t size) noexcept {
    if (!of_->take(size)) return false;
    size_ += size;
    return true;
  }

 private:
  memory_budget* of_;
  std::uint64_t size_ = 0;  // bytes
};

class source_memory {
 public:
  [[nodiscard]] static source_memory& shared() {
    static source_memory all;
    return all;
  }
  // `most`: bytes for everything together; kDefault before the first call.
  void set_bound(std::uint64_t most) noexcept {
    bases.set_bound(most / 3 * 2);
    tables.set_bound(most / 3);
  }

  static constexpr std::uint64_t kDefault = std::uint64_t{96} << 20;
  base_cache bases;
  memory_budget tables;  // IDX and multi-pack-index that are used often

 private:
  source_memory() noexcept { set_bound(kDefault); }
};

}  // namespace docteur
