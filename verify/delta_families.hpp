#pragma once
// Which deltas stand on which entry. Hosted; constant once made, apart from what is claimed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "verify/pack_entry.hpp"

namespace docteur {

class delta_families {
 public:
  explicit delta_families(const scanned_pack& pack);

  // Whether OFS deltas stand on the entry; REF deltas show when its id is known.
  [[nodiscard]] bool has_children(std::uint32_t base) const { return first_[base] != first_[base + 1]; }

  // Replaces `out` with the deltas on the entry `base`, whose id is known; the one with most descendants comes last.
  // Each delta is given once, whoever asks: two entries may hold the same object.
  void take_children(std::uint32_t base, std::vector<std::uint32_t>& out);

 private:
  void count_descendants();

  const scanned_pack& pack_;
  std::vector<std::uint32_t> first_;             // of each entry's OFS deltas, in deltas_; one more at the end
  std::vector<std::uint32_t> deltas_;            // entries
  std::vector<std::uint32_t> descendants_;       // of each entry, itself included; an estimate where REF deltas are
  std::unique_ptr<std::atomic_flag[]> claimed_;  // REF deltas, at the first that names their base
};

}  // namespace docteur
