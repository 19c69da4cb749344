#pragma once
// Charges a plan for the work of readers, in the unit of its costs. Hosted.
//
// Reading a delta inflates its base first, unless the reader's cache still holds it. When all objects are read in
// random order, a cache of kReaderCache bytes forgets a base after that much content, so of N reads of a base about
// M / (M + N) inflate it, where M is how often the cache fills during all reads. So a base with few deltas is charged
// nearly in full for each, and one with many hardly at all.

#include <cstdint>
#include <span>
#include <vector>

#include "pack/effort.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// Costs are in 1/kCostUnit byte of PACK.
inline constexpr std::uint64_t kCostUnit = 1024;

class read_charge {
 public:
  // `eligible[i]`: object i may be a base. `objects` must outlive this.
  read_charge(std::span<const source_object> objects, const object_store& store, const std::vector<bool>& eligible,
              purpose p);

  // For each object, the charge of each delta of it, besides the delta's bytes. Nothing before the first assume(): a
  // plan that began with full charges would never find out that a base with many deltas is cheap.
  [[nodiscard]] std::span<const std::uint64_t> of_bases() const { return charge_; }

  // The charge of an object for being a delta at all. An HTTP server cannot send a delta as it is in the PACK.
  [[nodiscard]] std::uint64_t of_target(std::size_t index) const;

  // Computes the charges for a PACK with these bases: of each object its base, or kNoBase.
  void assume(std::span<const std::uint32_t> bases);

 private:
  std::span<const source_object> objects_;
  purpose purpose_;
  std::uint64_t fills_;              // M above, plus one
  std::vector<std::uint64_t> full_;  // the cost of inflating each object once
  std::vector<std::uint64_t> charge_;
};

}  // namespace docteur
