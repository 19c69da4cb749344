#pragma once
// A cache of objects that were bases of deltas. Hosted, safe from many threads.

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "object/oid.hpp"

namespace docteur {

struct cached_base {
  object_type type;
  std::vector<std::byte> content;
};

class base_cache {
 public:
  // At most `most` bytes of content are kept; an object larger than an eighth of that is not kept.
  void set_bound(std::size_t most) noexcept { bound_.store(most, std::memory_order_relaxed); }

  // `pack`: the PACK's number in this process; `offset`: of the entry. Returns null if the object is not kept.
  [[nodiscard]] std::shared_ptr<const cached_base> find(std::uint64_t pack, std::uint64_t offset) {
    const place at{pack, offset};
    shard& s = shard_of(at);
    const std::scoped_lock lock(s.guard);
    const auto it = s.places.find(at);
    if (it == s.places.end()) return nullptr;
    s.recent.splice(s.recent.begin(), s.recent, it->second);
    return it->second->base;
  }

  void keep(std::uint64_t pack, std::uint64_t offset, std::shared_ptr<const cached_base> base) {
    const std::size_t bound = bound_.load(std::memory_order_relaxed);
    const std::size_t size = base->content.size();
    if (size > bound / 8) return;
    const place at{pack, offset};
    shard& s = shard_of(at);
    const std::scoped_lock lock(s.guard);
    if (s.places.contains(at)) return;
    s.recent.push_front({at, std::move(base)});
    s.places[at] = s.recent.begin();
    s.size += size + kOverhead;
    while (s.size > bound / kShards && s.recent.size() > 1) {
      s.size -= s.recent.back().base->content.size() + kOverhead;
      s.places.erase(s.recent.back().at);
      s.recent.pop_back();
    }
  }

 private:
  static constexpr std::size_t kShards = 8;
  static constexpr std::size_t kOverhead = 128;  // bytes around each content, about
  struct place {
    std::uint64_t pack;
    std::uint64_t offset;
    bool operator==(const place&) const = default;
  };
  struct place_hash {
    std::size_t operator()(const place& p) const noexcept {
      return (p.pack * 0xbf58476d1ce4e5b9u ^ p.offset) * 0x9e3779b97f4a7c15u;
    }
  };
  struct item {
    place at;
    std::shared_ptr<const cached_base> base;
  };
  struct shard {
    std::mutex guard;
    std::list<item> recent;  // most recently used first
    std::unordered_map<place, std::list<item>::iterator, place_hash> places;
    std::size_t size = 0;  // bytes
  };
  shard& shard_of(const place& at) { return shards_[place_hash()(at) >> 61]; }

  std::array<shard, kShards> shards_;
  std::atomic<std::size_t> bound_{0};
};

}  // namespace docteur
