#pragma once
// The few blocks read last, checked, in memory: most small reads are near the one before. Hosted.

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
  // Copies from byte `skip` of the block on into `out`, if the block is here. The caller stays within it.
  [[nodiscard]] bool copy(std::uint64_t block, std::size_t skip, mutable_bytes out) noexcept {
    shared_bytes found;
    {
      const std::lock_guard lock(mutex_);
      const auto slot = std::ranges::find_if(slots_, [&](const held& h) { return h.content && h.block == block; });
      if (slot == slots_.end()) return false;
      found = slot->content;
    }
    std::memcpy(out.data(), found.get() + skip, out.size());
    return true;
  }
  // The block added first is dropped. `content` is not changed any more.
  void add(std::uint64_t block, shared_bytes content) noexcept {
    const std::lock_guard lock(mutex_);
    slots_[next_] = {block, std::move(content)};
    next_ = (next_ + 1) % slots_.size();
  }

 private:
  struct held {
    std::uint64_t block = 0;
    shared_bytes content;
  };
  std::mutex mutex_;
  std::array<held, 16> slots_;
  std::size_t next_ = 0;
};

}  // namespace docteur
