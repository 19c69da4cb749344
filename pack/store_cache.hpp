#pragma once
// A cache in front of an object_store, first in, first out. One per thread. Hosted.

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pack/object_store.hpp"

namespace docteur {

class store_cache {
 public:
  using content = std::shared_ptr<const std::vector<std::byte>>;

  // `room`: bytes of memory that the cache takes, about. What callers hold besides does not count. `store` must outlive
  // the cache.
  store_cache(const object_store& store, std::size_t room) : store_(store), room_(room) {}

  // Returns the content of object `index`, shared with the cache. Fails when the store cannot read it.
  [[nodiscard]] outcome<content> get(std::uint32_t index) {
    if (const auto found = kept_.find(index); found != kept_.end()) return found->second;
    auto fresh = std::make_shared<std::vector<std::byte>>();
    DOCTEUR_CHECK(store_.read(index, scratch_, *fresh));
    used_ += size_of(*fresh);
    order_.push_back(index);
    kept_.emplace(index, fresh);
    while (used_ > room_ && !order_.empty()) {
      const auto oldest = kept_.find(order_.front());
      used_ -= size_of(*oldest->second);
      kept_.erase(oldest);
      order_.pop_front();
    }
    return fresh;
  }

 private:
  // Of one object, besides its content: the tables' nodes and the allocator's heads. Of small files it is the most.
  static constexpr std::size_t kNodes = 160;  // bytes
  [[nodiscard]] static std::size_t size_of(const std::vector<std::byte>& c) { return c.size() + kNodes; }

  const object_store& store_;
  std::size_t room_;
  std::size_t used_ = 0;
  store_scratch scratch_;
  std::unordered_map<std::uint32_t, content> kept_;
  std::deque<std::uint32_t> order_;  // oldest first
};

}  // namespace docteur
