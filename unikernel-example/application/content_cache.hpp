#pragma once
// Whole, checked content of small files in the form in which it is sent, so that a hot file is not inflated again.
// Bounded in bytes; the least recently used content goes first. Content that is being sent is shared with other clients
// that ask for it. Any thread may use it.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "reader/node.hpp"
#include "unikernel-example/application/held_content.hpp"

namespace docteur::cache_vm {

class content_cache {
 public:
  using key = std::uint64_t;
  // `position`: of the object in IDX, of kPositionBits. `dictionary`: content's.
  [[nodiscard]] static constexpr key key_of(std::uint32_t position, content_form form,
                                            std::uint32_t dictionary = 0) noexcept {
    static_assert(2 * kPositionBits + 3 <= 64);
    return std::uint64_t{dictionary} << (kPositionBits + 3) | std::uint64_t{position} << 3 |
           static_cast<std::uint64_t>(form);
  }

  explicit content_cache(std::uint64_t capacity) : capacity_(capacity) {}
  content_cache(const content_cache&) = delete;
  content_cache& operator=(const content_cache&) = delete;
  ~content_cache() { clear(); }

  // nullptr when it is neither kept nor in use.
  [[nodiscard]] shared_content find(key k);
  // Returns what is kept from now on: another loop may have put the same content first. Content larger than an eighth
  // of the capacity is not kept; it is only shared while in use.
  shared_content put(key k, shared_content c);
  void clear() noexcept;

  struct counters {
    std::uint64_t hits = 0, misses = 0;
    std::uint64_t used = 0;  // bytes kept
    std::uint64_t items = 0;
  };
  [[nodiscard]] counters count() const noexcept {
    const std::lock_guard lock(guard_);
    return counters_;
  }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  // Whether content of `size` bytes is kept.
  [[nodiscard]] bool keeps(std::uint64_t size) const noexcept { return size + kOverhead <= capacity_ / 8; }
  // Whether one more item could push out another.
  [[nodiscard]] bool is_full() const noexcept { return count().used + (64 << 10) > capacity_; }

 private:
  struct item {
    key k;
    shared_content value;
  };
  using order = std::list<item>;
  // Bytes that an item costs besides its content, roughly.
  static constexpr std::uint64_t kOverhead = 192;
  void forget_unused();

  const std::uint64_t capacity_;
  mutable std::mutex guard_;  // of everything below
  order recent_;              // most recent first
  std::unordered_map<key, order::iterator> items_;
  std::unordered_map<key, std::weak_ptr<const content>> shared_;
  counters counters_;
};

}  // namespace docteur::cache_vm
