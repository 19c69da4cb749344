#pragma once
// Finds the deltas that have an entry as their base. Hosted; constant once made, except for what is claimed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "verify/pack_entry.hpp"

namespace docteur {

class delta_families {
 public:
  explicit delta_families(const scanned_pack& pack);

  // Whether the entry is the base of OFS deltas. Whether it is that of REF deltas is known only with its id.
  [[nodiscard]] bool has_children(std::uint32_t base) const { return first_[base] != first_[base + 1]; }

  // Replaces `out` with the deltas of the entry `base`, whose id must be known; the one with the most descendants comes
  // last. Each delta is returned only once, also if two entries hold the same object. Safe to call from many threads.
  void take_children(std::uint32_t base, std::vector<std::uint32_t>& out);

 private:
  void count_descendants();

  const scanned_pack& pack_;
  std::vector<std::uint32_t> first_;             // by entry: where its OFS deltas begin in deltas_; one more at the end
  std::vector<std::uint32_t> deltas_;            // entries
  std::vector<std::uint32_t> descendants_;       // by entry, itself included; an estimate if there are REF deltas
  std::unique_ptr<std::atomic_flag[]> claimed_;  // by REF delta: set at the first with the same base
};

}  // namespace docteur
