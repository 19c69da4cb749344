#pragma once
// Objects that others were deltas against, kept for a while. Hosted, safe from many threads.

#include <array>
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
  // `bound`: bytes of content that are kept; an object over an eighth of it is not.
  explicit base_cache(std::size_t bound) : shard_bound_(bound / kShards), largest_(bound / 8) {}

  // `pack`: any number that stands for the PACK, below 65,536. `offset`: in it. Null when it is not there.
  [[nodiscard]] std::shared_ptr<const cached_base> find(std::size_t pack, std::uint64_t offset) {
    const std::uint64_t key = std::uint64_t{pack} << kOffsetBits | offset;
    shard& s = shard_of(key);
    const std::scoped_lock lock(s.guard);
    const auto it = s.places.find(key);
    if (it == s.places.end()) return nullptr;
    s.recent.splice(s.recent.begin(), s.recent, it->second);
    return it->second->base;
  }

  void keep(std::size_t pack, std::uint64_t offset, std::shared_ptr<const cached_base> base) {
    const std::size_t size = base->content.size();
    if (size > largest_ || pack > 0xffff || offset >> kOffsetBits != 0) return;
    const std::uint64_t key = std::uint64_t{pack} << kOffsetBits | offset;
    shard& s = shard_of(key);
    const std::scoped_lock lock(s.guard);
    if (s.places.contains(key)) return;
    s.recent.push_front({key, std::move(base)});
    s.places[key] = s.recent.begin();
    s.size += size;
    while (s.size > shard_bound_ && s.recent.size() > 1) {
      s.size -= s.recent.back().base->content.size();
      s.places.erase(s.recent.back().key);
      s.recent.pop_back();
    }
  }

 private:
  static constexpr std::size_t kShards = 8;
  static constexpr unsigned kOffsetBits = 48;
  struct item {
    std::uint64_t key;
    std::shared_ptr<const cached_base> base;
  };
  struct shard {
    std::mutex guard;
    std::list<item> recent;  // the last used first
    std::unordered_map<std::uint64_t, std::list<item>::iterator> places;
    std::size_t size = 0;  // bytes of content
  };
  shard& shard_of(std::uint64_t key) { return shards_[key * 0x9e3779b97f4a7c15u >> 61]; }

  std::array<shard, kShards> shards_;
  const std::size_t shard_bound_;
  const std::size_t largest_;
};

}  // namespace docteur
