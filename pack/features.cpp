#include "pack/features.hpp"

#include <tbb/parallel_sort.h>

#include <algorithm>
#include <array>

namespace docteur {
namespace {

// Features of one object: bounds of the limit that is chosen for all objects.
constexpr std::uint64_t kHighestLimit = 1u << 20;
constexpr std::uint64_t kLowestLimit = 8;
constexpr std::size_t kSmallObject = 4096;  // bytes; smaller objects are sampled four times as densely

// One random number per byte value, by splitmix64.
constexpr std::array<std::uint32_t, 256> make_gear() {
  std::array<std::uint32_t, 256> gear{};
  std::uint64_t state = 0x646f6374657572;  // any seed; another finds other candidates
  for (std::uint32_t& g : gear) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    g = static_cast<std::uint32_t>(z >> 32);
  }
  return gear;
}
constexpr std::array<std::uint32_t, 256> kGear = make_gear();

// Room for the features of an object of `size` bytes: twice the expected number if it is small, else a seventh more and
// some.
constexpr std::uint64_t features_at_most(std::uint64_t size) {
  return size < kSmallObject ? size / 4 + 1 : size / 28 + 128;
}

// Moves to the front, and returns, the features whose hash an object of `targets` has, and a few others: sorting is
// most of the work where few objects are targets.
std::span<feature> of_targets(std::span<feature> all, const std::vector<bool>& targets) {
  constexpr unsigned kBits = 24;  // of a hash: a bit each is 2 MiB
  const auto bit = [](feature f) { return window_hash(f) >> (32 - kBits); };
  std::vector<bool> wanted(std::size_t{1} << kBits);
  for (const feature f : all)
    if (targets[object_index(f)]) wanted[bit(f)] = true;
  const auto end = std::remove_if(all.begin(), all.end(), [&](feature f) { return !wanted[bit(f)]; });
  return all.first(static_cast<std::size_t>(end - all.begin()));
}

}  // namespace

void sketch(bytes content, std::size_t most, std::vector<std::uint32_t>& out) {
  out.clear();
  // A Gear hash: each byte shifts 32 bits by one, so a byte has no influence after 32 more. The hash of every window
  // costs one step per byte.
  const std::uint32_t mask = content.size() < kSmallObject ? 7u << 29 : 31u << 27;
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    hash = (hash << 1) + kGear[std::to_integer<std::size_t>(content[i])];
    if ((hash & mask) == 0 && i >= 31) out.push_back(hash * 0x9e3779b1u);
  }
  if (out.size() <= most) return;
  std::ranges::nth_element(out, out.begin() + static_cast<std::ptrdiff_t>(most));
  out.resize(most);
}

feature_collector::feature_collector(std::span<const source_object> objects, const std::vector<bool>& eligible,
                                     std::size_t room)
    : objects_(objects), eligible_(eligible) {
  const auto needed = [&](std::uint64_t most) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < objects.size(); ++i)
      if (eligible[i]) sum += std::min(most, features_at_most(objects[i].size));
    return sum;
  };
  // One limit for all objects, the highest under which all features fit. An equal share of the room per object would
  // cut the large objects, where most bytes are, and leave the shares of the small ones half empty.
  std::uint64_t low = kLowestLimit, high = kHighestLimit;
  while (low < high) {
    const std::uint64_t middle = (low + high + 1) / 2;
    if (needed(middle) * sizeof(feature) <= room)
      low = middle;
    else
      high = middle - 1;
  }
  most_ = low;
  all_ = std::make_unique_for_overwrite<feature[]>(needed(most_));
}

void feature_collector::see(std::size_t index, bytes content) {
  if (!eligible_[index]) return;
  thread_local std::vector<std::uint32_t> hashes;
  sketch(content, std::min<std::size_t>(most_, features_at_most(content.size())), hashes);
  // Objects of different types share no features.
  const std::uint32_t salt = static_cast<std::uint32_t>(objects_[index].type) * 0x85ebca6bu;
  feature* to = all_.get() + used_.fetch_add(hashes.size(), std::memory_order_relaxed);
  for (const std::uint32_t hash : hashes) *to++ = static_cast<feature>(hash ^ salt) << 32 | index;
}

std::span<const feature> feature_collector::finish(const std::vector<bool>& targets) {
  std::span<feature> all(all_.get(), used_.load());
  if (!targets.empty()) all = of_targets(all, targets);
  tbb::parallel_sort(all.begin(), all.end());
  all = all.first(static_cast<std::size_t>(std::unique(all.begin(), all.end()) - all.begin()));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i + 1;
    while (end < all.size() && window_hash(all[end]) == window_hash(all[i])) ++end;
    if (end - i > 1) {
      std::copy(all.begin() + static_cast<std::ptrdiff_t>(i), all.begin() + static_cast<std::ptrdiff_t>(end),
                all.begin() + static_cast<std::ptrdiff_t>(kept));
      kept += end - i;
    }
    i = end;
  }
  return all.first(kept);
}

}  // namespace docteur
