#pragma once
// What an object's content looks like from afar: hashes of 32-byte windows, sampled by content, so that two objects
// that share a run of bytes share features wherever the run is. Hosted.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pack/object_source.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// A window's hash in the upper 32 bits, the object's index in the lower: sorted, the objects that share a feature
// stand beside each other, in index order.
using feature = std::uint64_t;

[[nodiscard]] constexpr std::uint32_t window_hash(feature f) noexcept { return static_cast<std::uint32_t>(f >> 32); }
[[nodiscard]] constexpr std::uint32_t object_index(feature f) noexcept { return static_cast<std::uint32_t>(f); }

// The sampled window hashes of `content`, at most `most`: all there are, in any order, some perhaps several times; or
// the smallest of them, the same choice in every object, so that what two objects share is found in both.
void sketch(bytes content, std::size_t most, std::vector<std::uint32_t>& out);

// Gathers the features of all objects that may take part in deltas.
class feature_collector : public object_store::observer {
 public:
  // `eligible[i]`: object i may be a delta or a base. `room`: bytes of memory for all, unless there are so many objects
  // that a few features of each take more.
  feature_collector(std::span<const source_object> objects, const std::vector<bool>& eligible, std::size_t room);
  void see(std::size_t index, bytes content) override;

  // Sorted, without those that only one object has. Once, after all objects were seen.
  [[nodiscard]] std::span<const feature> finish();

 private:
  std::span<const source_object> objects_;
  const std::vector<bool>& eligible_;
  std::size_t most_;  // features of one object
  std::unique_ptr<feature[]> all_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace docteur
