#include "mount/content_store.hpp"

namespace docteur {

content_store::handle content_store::find(std::uint64_t key) {
  const std::lock_guard lock(mutex_);
  const auto at = kept_.find(key);
  if (at == kept_.end()) return nullptr;
  order_.splice(order_.begin(), order_, at->second);
  return at->second->content;
}

result<content_store::handle> content_store::get(std::uint64_t key, std::uint64_t cost, const builder& build) {
  std::shared_ptr<slot> mine;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = kept_.find(key); at != kept_.end()) {
      order_.splice(order_.begin(), order_, at->second);
      return at->second->content;
    }
    std::shared_ptr<slot>& there = slots_[key];
    if (there == nullptr) there = std::make_shared<slot>();
    mine = there;
  }
  const std::lock_guard lock(mine->building);
  if (mine->content != nullptr) return mine->content;
  {
    const std::lock_guard all(mutex_);
    make_room(cost);
  }
  auto built = build();
  if (built) {
    mine->content = std::make_shared<const held_content>(std::move(*built));
    keep(key, cost, mine->content);
  }
  const std::lock_guard all(mutex_);
  if (const auto at = slots_.find(key); at != slots_.end() && at->second == mine) slots_.erase(at);
  if (!built) return tl::make_unexpected(built.error());
  return mine->content;
}

// The caller locks.
void content_store::make_room(std::uint64_t cost) {
  while (!order_.empty() && (used_ >= bound_ || cost > bound_ - used_)) {
    used_ -= order_.back().cost;
    kept_.erase(order_.back().key);
    order_.pop_back();
  }
}

void content_store::keep(std::uint64_t key, std::uint64_t cost, const handle& content) {
  const std::lock_guard lock(mutex_);
  make_room(cost);
  if (const auto at = kept_.find(key); at != kept_.end()) {
    used_ -= at->second->cost;
    order_.erase(at->second);
  }
  order_.push_front({key, cost, content});
  kept_[key] = order_.begin();
  used_ += cost;
}

std::uint64_t content_store::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

}  // namespace docteur
