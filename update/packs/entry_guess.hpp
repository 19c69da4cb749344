#pragma once
// What docteur-diff and docteur-patch expect of the next entry, so that only what differs travels. Hosted.

#include <cstdint>
#include <vector>

#include "host/pack_entries.hpp"

namespace docteur {

class entry_guess {
 public:
  explicit entry_guess(const std::vector<pack_place>& old_places)
      : old_(old_places), new_of_old_(old_places.size(), kNoPackEntry) {}

  // The old entry whose stream is copied next, and the old object that content is given against next.
  [[nodiscard]] std::uint32_t next_copy() const noexcept { return next_copy_; }
  [[nodiscard]] std::uint32_t next_content() const noexcept { return next_content_; }
  // The base of a new entry that took the place of the old entry `k`: what took the place of that one's base, or
  // kNoPackEntry.
  [[nodiscard]] std::uint32_t base_like(std::uint32_t k) const noexcept {
    if (k == kNoPackEntry || old_[k].base == kNoPackEntry) return kNoPackEntry;
    return new_of_old_[old_[k].base];
  }

  void copied(std::uint32_t k, std::uint32_t i) noexcept { next_copy_ = k + 1, replaced(k, i); }
  void content_of(std::uint32_t j, std::uint32_t i) noexcept { next_content_ = j + 1, replaced(j, i); }

 private:
  void replaced(std::uint32_t k, std::uint32_t i) noexcept { new_of_old_[k] = i; }

  const std::vector<pack_place>& old_;
  std::vector<std::uint32_t> new_of_old_;  // by old entry: the new one that took its place
  std::uint32_t next_copy_ = 0;
  std::uint32_t next_content_ = 0;
};

}  // namespace docteur
