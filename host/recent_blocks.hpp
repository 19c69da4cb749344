#pragma once
// The few blocks used last, checked, in memory: most small reads are near the one before. Hosted, for many threads.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>

#include "object/bytes.hpp"

namespace docteur {

using shared_bytes = std::shared_ptr<std::byte[]>;

class recent_blocks {
 public:
  static constexpr std::size_t kMost = 16;  // blocks

  [[nodiscard]] bool has(std::uint64_t block) const noexcept {
    const std::lock_guard lock(mutex_);
    return find(block) != kMost;
  }
  // Copies from byte `skip` of the block on into `out`, if the block is here. The caller stays within it.
  [[nodiscard]] bool copy(std::uint64_t block, std::size_t skip, mutable_bytes out) noexcept {
    shared_bytes found;
    {
      const std::lock_guard lock(mutex_);
      const std::size_t at = find(block);
      if (at == kMost) return false;
      slots_[at].used = ++clock_;
      found = slots_[at].content;
    }
    std::memcpy(out.data(), found.get() + skip, out.size());
    return true;
  }
  // Takes the place of the same block, or of the one not used for longest. `content` is not changed any more.
  void add(std::uint64_t block, shared_bytes content) noexcept {
    const std::lock_guard lock(mutex_);
    const std::size_t at = find(block);
    held& slot = at != kMost ? slots_[at] : *std::ranges::min_element(slots_, {}, &held::used);
    slot = {block, ++clock_, std::move(content)};
  }

 private:
  struct held {
    std::uint64_t block = 0;
    std::uint64_t used = 0;
    shared_bytes content;
  };
  // The block's place; kMost if it is not here.
  [[nodiscard]] std::size_t find(std::uint64_t block) const noexcept {
    const auto at = std::ranges::find_if(slots_, [block](const held& h) { return h.content && h.block == block; });
    return static_cast<std::size_t>(at - slots_.begin());
  }

  mutable std::mutex mutex_;
  std::uint64_t clock_ = 0;
  std::array<held, kMost> slots_;
};

}  // namespace docteur
