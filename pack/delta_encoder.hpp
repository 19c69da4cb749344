#pragma once
// Encodes an object as a delta of another, in Git's delta format (`git help gitformat-pack`, "Deltified
// representation"). apply_delta() of delta.hpp is the inverse. One encoder per thread. Hosted.

#include <cstdint>
#include <vector>

#include "object/bytes.hpp"

namespace docteur {

// How hard to search the base for what the target shares with it.
struct delta_effort {
  std::uint32_t stride;  // bytes between indexed positions of the base; more where there would be too many positions
  std::uint32_t chain;   // positions tried for one hash
  unsigned patience;     // after 2^patience misses in a row every second byte is tried, then every third
  std::uint32_t lazy;    // a longer match is preferred that begins up to so many bytes later (deflate's lazy matching)
  bool may_give_up;      // encode() may fail early if most of the target's beginning is not in the base
};

class delta_encoder {
 public:
  // The largest base and target, in bytes: a copy's offset has 32 bits.
  static constexpr std::uint64_t kLargest = 0x7fffffff;
  static constexpr std::uint32_t kIndexedPositions = 1u << 20;  // of a base, at most

  // Indexes `base`, whose bytes must stay valid and unchanged until the last encode() against it.
  void set_base(bytes base, const delta_effort& effort);

  // Replaces `out` with the delta that makes `target` from the base. Returns false, with `out` unspecified, if the
  // delta would be longer than `most` bytes, or if the effort allows giving up and most of what was seen is not in the
  // base.
  [[nodiscard]] bool encode(bytes target, std::size_t most, std::vector<std::byte>& out);

 private:
  struct match {
    std::size_t base = 0;
    std::size_t length = 0;
  };
  // Whether an indexed window of the base may have this hash (a Bloom filter with one bit per hash). The upper bits of
  // the hash choose a word of filter_, and the six bits below them a bit of that word.
  [[nodiscard]] bool may_have(std::uint64_t hash) const {
    return (filter_[hash >> filter_shift_] >> (hash >> (filter_shift_ - 6) & 63) & 1) != 0;
  }
  // Whether target[at...] and base[from...] may be equal for more than `length` bytes. Compares only the last eight of
  // the first `length + 1` bytes, which differ in most shorter matches.
  [[nodiscard]] bool may_exceed(bytes target, std::size_t at, std::size_t from, std::size_t length) const;
  // The longest match of target[at...] at an indexed position of the base. `hash`: of the window at target[at].
  [[nodiscard]] match longest(bytes target, std::size_t at, std::uint64_t hash) const;
  // How many bytes a match of target[at...] with base[base...] can be extended backwards within target[from, at).
  [[nodiscard]] std::size_t reach_back(bytes target, std::size_t from, std::size_t at, std::size_t base) const;
  // The match to copy at target[at], of length 0 if there is none worth copying. `literal`: where the bytes not yet
  // written begin; `resume`: where the last copy ended in the base, 0 before the first.
  [[nodiscard]] match find(bytes target, std::size_t literal, std::size_t at, std::size_t resume) const;

  // target[at, at + length) is base_[base, base + length).
  struct copy {
    std::size_t at;
    std::size_t base;
    std::size_t length;
  };
  // The match `m` of target[at...], extended backwards over bytes not yet written.
  [[nodiscard]] copy extended_back(bytes target, std::size_t literal, std::size_t at, match m) const;
  // The same, or a longer copy that begins within the next effort_.lazy bytes; from a longer one, the search goes on.
  [[nodiscard]] copy longest_nearby(bytes target, std::size_t literal, std::size_t at, std::size_t resume,
                                    match m) const;

  bytes base_;
  delta_effort effort_{};
  std::uint32_t stride_ = 1;
  unsigned head_shift_ = 0;
  unsigned filter_shift_ = 0;
  std::vector<std::uint64_t> filter_;  // may_have(): most windows of a target are not in the base
  std::vector<std::uint32_t> heads_;   // by hash: the first entry of the index (kNumber in the .cpp), 0: none
  std::vector<std::uint32_t> next_;    // by number of an indexed position: the next entry with the same head, 0: none
};

}  // namespace docteur
