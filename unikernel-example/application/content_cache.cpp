#include "unikernel-example/application/content_cache.hpp"

namespace docteur::cache_vm {

shared_content content_cache::find(key k) {
  const std::lock_guard lock(guard_);
  if (const auto found = items_.find(k); found != items_.end()) {
    if (found->second != recent_.begin()) recent_.splice(recent_.begin(), recent_, found->second);
    ++counters_.hits;
    return found->second->value;
  }
  if (!shared_.empty()) {
    if (const auto found = shared_.find(k); found != shared_.end()) {
      if (shared_content c = found->second.lock()) {
        ++counters_.hits;
        return c;
      }
      shared_.erase(found);
    }
  }
  ++counters_.misses;
  return nullptr;
}

shared_content content_cache::put(key k, shared_content c) {
  const std::lock_guard lock(guard_);
  if (const auto found = items_.find(k); found != items_.end()) return found->second->value;
  const std::uint64_t cost = c->size + kOverhead;
  if (!keeps(c->size)) {
    forget_unused();
    shared_[k] = c;
    return c;
  }
  while (counters_.used + cost > capacity_) {
    const item& last = recent_.back();
    last.value->is_cached = false;
    counters_.used -= last.value->size + kOverhead;
    items_.erase(last.k);
    recent_.pop_back();
  }
  recent_.push_front({k, c});
  try {
    items_.emplace(k, recent_.begin());
  } catch (...) {
    recent_.pop_front();
    throw;
  }
  c->is_cached = true;
  counters_.used += cost;
  counters_.items = items_.size();
  return c;
}

void content_cache::clear() noexcept {
  const std::lock_guard lock(guard_);
  for (const item& i : recent_) i.value->is_cached = false;
  items_.clear();
  recent_.clear();
  counters_.used = counters_.items = 0;
}

void content_cache::forget_unused() {
  std::erase_if(shared_, [](const auto& s) { return s.second.expired(); });
}

}  // namespace docteur::cache_vm
