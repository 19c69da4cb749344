#pragma once
// Features: hashes of 32-byte windows of an object's content. Which windows are sampled depends on their bytes only, so
// two objects that share a run of bytes share features, wherever the run is. Hosted.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pack/object_source.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// A window's hash in the upper 32 bits, the object's index in the lower: in a sorted list, the objects that share a
// hash stand side by side, in index order.
using feature = std::uint64_t;

[[nodiscard]] constexpr std::uint32_t window_hash(feature f) noexcept { return static_cast<std::uint32_t>(f >> 32); }
[[nodiscard]] constexpr std::uint32_t object_index(feature f) noexcept { return static_cast<std::uint32_t>(f); }

// Replaces `out` with the sampled window hashes of `content`, in any order, perhaps with duplicates. If there are more
// than `most`, these are the smallest: the same choice in every object, so that objects still share what they have in
// common.
void sketch(bytes content, std::size_t most, std::vector<std::uint32_t>& out);

// Collects the features of all objects that may take part in deltas.
class feature_collector : public object_store::observer {
 public:
  // `eligible[i]`: object i may be a delta or a base. `room`: bytes of memory for all features; exceeded only where 8
  // features per object take more. `objects` and `eligible` must outlive the collector.
  feature_collector(std::span<const source_object> objects, const std::vector<bool>& eligible, std::size_t room);
  void see(std::size_t index, bytes content) override;

  // Returns all features, sorted, except those that only one object has, and those that none of `targets` (by object)
  // has; empty: all are targets. Call it once, after all objects were seen. The view is valid as long as the collector.
  [[nodiscard]] std::span<const feature> finish(const std::vector<bool>& targets = {});

 private:
  std::span<const source_object> objects_;
  const std::vector<bool>& eligible_;
  std::size_t most_;  // features of one object
  std::unique_ptr<feature[]> all_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace docteur
