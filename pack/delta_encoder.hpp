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
  std::uint32_t lazy;    // how many bytes behind a match a longer one is looked for before it is taken
  bool may_give_up;      // stop early when most of the beginning is not in the base
};

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
  [[nodiscard]] bool may_have(std::uint64_t hash) const {
    return (filter_[hash >> filter_shift_] >> (hash >> (filter_shift_ - 6) & 63) & 1) != 0;
  }
  // Whether what begins at target[at] and base[from] may be the same for more than `length` bytes, by the last of them.
  [[nodiscard]] bool may_exceed(bytes target, std::size_t at, std::size_t from, std::size_t length) const;
  // The longest run that begins at target[at] and at an indexed position of the base.
  [[nodiscard]] match longest(bytes target, std::size_t at, std::uint64_t hash) const;
  // How far a match also reaches back, over target[from, at).
  [[nodiscard]] std::size_t reach_back(bytes target, std::size_t from, std::size_t at, std::size_t base) const;
  // What to copy at target[at], nothing when it is better not to.
  [[nodiscard]] match find(bytes target, std::size_t literal, std::size_t at, std::size_t resume) const;

  // target[at, at + length) from base_[base].
  struct copy {
    std::size_t at;
    std::size_t base;
    std::size_t length;
  };
  [[nodiscard]] copy reaching_back(bytes target, std::size_t literal, std::size_t at, match m) const;
  // The match at target[at], or a longer one that begins a few bytes later.
  [[nodiscard]] copy longest_nearby(bytes target, std::size_t literal, std::size_t at, std::size_t resume,
                                    match m) const;

  bytes base_;
  delta_effort effort_{};
  std::uint32_t stride_ = 1;
  unsigned head_shift_ = 0;
  unsigned filter_shift_ = 0;
  std::vector<std::uint64_t> filter_;  // a bit for each hash that is indexed: most of what is asked for is not
  std::vector<std::uint32_t> heads_;   // by hash: 1 + the number of an indexed position and some of its hash, or 0
  std::vector<std::uint32_t> next_;    // by number: the same, of the next one in that place
};

}  // namespace docteur
