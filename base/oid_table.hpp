#pragma once
// A hash table of ids that lie elsewhere: 6 to 11 bytes for each, where the standard library's take 80. Hosted.

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/oid_hash.hpp"

namespace docteur {

// `IdOf`: returns the id of a number, const oid& or oid.
template <typename IdOf>
class oid_table {
 public:
  static constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max() - 1;  // of numbers

  explicit oid_table(IdOf id_of) : id_of_(std::move(id_of)), slots_(kLeast, kFree) {}

  // The number that was inserted for `id`.
  [[nodiscard]] std::optional<std::uint32_t> find(const oid& id) const {
    const std::uint32_t number = slots_[slot_of(id)];
    return number == kFree ? std::nullopt : std::optional(number);
  }
  // `number` is at most kMost, and its id is not in the table.
  void insert(std::uint32_t number) {
    if ((used_ + 1) * 3 > slots_.size() * 2) grow();
    slots_[slot_of(id_of_(number))] = number;
    ++used_;
  }

 private:
  static constexpr std::uint32_t kFree = kMost + 1;
  static constexpr std::size_t kLeast = 16;  // slots; their number is a power of two

  // The slot of `id`, or the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(const oid& id) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = oid_hash{}(id)&mask;
    while (slots_[at] != kFree && id_of_(slots_[at]) != id) at = (at + 1) & mask;
    return at;
  }
  void grow() {
    std::vector<std::uint32_t> old(slots_.size() * 2, kFree);
    slots_.swap(old);
    for (const std::uint32_t number : old)
      if (number != kFree) slots_[slot_of(id_of_(number))] = number;
  }

  IdOf id_of_;
  std::size_t used_ = 0;
  std::vector<std::uint32_t> slots_;
};

}  // namespace docteur
