#pragma once
// Encodes an object as a delta of another, in Git's delta format (`git help gitformat-pack`, "Deltified
// representation"; apply_delta() of delta.hpp is the inverse). Hosted; one object per thread.

#include <cstdint>
#include <vector>

#include "object/bytes.hpp"

namespace docteur {

// How hard to look for what a target shares with a base.
struct delta_effort {
  std::uint32_t stride;  // every how many bytes the base is indexed; above kIndexedPositions in all, fewer
  std::uint32_t chain;   // positions tried for one hash
  unsigned patience;     // log2 of how many misses in a row pass before every second byte is skipped, and so on
  bool may_give_up;      // stop early when most of the beginning is not in the base
};
inline constexpr delta_effort kQuickDelta{8, 4, 5, true};
inline constexpr delta_effort kBestDelta{1, 32, 12, false};

class delta_encoder {
 public:
  // Neither a base nor a target may be larger: a copy's offset has 32 bits.
  static constexpr std::uint64_t kLargest = 0x7fffffff;
  static constexpr std::uint32_t kIndexedPositions = 1u << 20;

  // Indexes `base`, which must stay as it is while it is encoded against.
  void set_base(bytes base, const delta_effort& effort);

  // Replaces `out` with the delta that makes `target` of the base. False, with `out` unspecified, when it would be
  // longer than `most` bytes, or when the effort allows to give up and there is little hope.
  [[nodiscard]] bool encode(bytes target, std::size_t most, std::vector<std::byte>& out);

 private:
  struct match {
    std::size_t base = 0;
    std::size_t length = 0;
  };
  [[nodiscard]] match longest(bytes target, std::size_t at) const;

  bytes base_;
  delta_effort effort_{};
  std::uint32_t stride_ = 1;
  unsigned shift_ = 63;
  std::vector<std::uint32_t> heads_;  // by hash: 1 + the number of an indexed position, 0 for none
  std::vector<std::uint32_t> next_;   // by number: the same, of the next one with that hash
};

}  // namespace docteur
