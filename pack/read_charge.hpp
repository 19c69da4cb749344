#pragma once
// What a base costs those who read its deltas, in units of PACK bytes. Hosted.
//
// A read of a delta inflates its base first, unless a reader's cache holds that still. When all objects are read in no
// particular order, a cache of kReaderCache bytes forgets a base after that much content, so that of N reads of it
// about M / (M + N) inflate it, where M is how often the cache fills while all is read. A base of few is charged in
// full for each, one of many hardly at all.

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
  // `eligible[i]`: object i may be a base.
  read_charge(std::span<const source_object> objects, const object_store& store, const std::vector<bool>& eligible,
              purpose what_for);

  // For each object, what each delta of it is charged beside its own bytes. At first nothing: what begins with the full
  // charge never sees that a base of many is cheap.
  [[nodiscard]] std::span<const std::uint64_t> of_bases() const { return charge_; }

  // What an object is charged for being a delta itself.
  [[nodiscard]] std::uint64_t of_target(std::size_t index) const;

  // Charges from now on as if `bases` were how the PACK is.
  void assume(std::span<const std::uint32_t> bases);

 private:
  std::span<const source_object> objects_;
  purpose what_for_;
  std::uint64_t fills_;              // of a reader's cache while all is read
  std::vector<std::uint64_t> full_;  // what one inflation of each object costs
  std::vector<std::uint64_t> charge_;
};

}  // namespace docteur
