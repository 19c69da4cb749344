#pragma once
// Chooses the heap: the largest unused piece of RAM. Runs before glibc's relocations: no library function, no dynamic
// memory.

#include <cstddef>
#include <cstdint>

#include "unikernel-example/platform/pvh/machine.hpp"

namespace docteur::cache_vm::pvh {

class memory_layout {
 public:
  // Impossible ranges (empty, or past the end of the address space) are ignored, and so are ranges that exceed the
  // capacity.
  constexpr void add_ram(std::uint64_t begin, std::uint64_t size) noexcept {
    if (size == 0 || size > ~begin || ram_count_ == kMostRam) return;
    ram_[ram_count_++] = {begin, begin + size};
  }
  // Excludes a range from the heap. False when there is no room for another one.
  [[nodiscard]] constexpr bool add_busy(std::uint64_t begin, std::uint64_t size) noexcept {
    if (size == 0 || size > ~begin) return true;
    if (busy_count_ == kMostBusy) return false;
    std::size_t at = busy_count_++;
    for (; at > 0 && busy_[at - 1].begin > begin; --at) busy_[at] = busy_[at - 1];
    busy_[at] = {begin, begin + size};
    return true;
  }

  // The largest range of whole unused pages; empty if there is none.
  [[nodiscard]] constexpr address_range largest_gap() const noexcept {
    address_range best;
    const auto offer = [&best](std::uint64_t begin, std::uint64_t end) noexcept {
      if (begin > ~(kPage - 1)) return;
      begin = (begin + kPage - 1) & ~(kPage - 1);
      end &= ~(kPage - 1);
      if (begin < end && end - begin > best.size()) best = {begin, end};
    };
    for (std::size_t r = 0; r < ram_count_; ++r) {
      std::uint64_t at = ram_[r].begin;
      for (std::size_t b = 0; b < busy_count_; ++b) {
        if (busy_[b].end <= at || busy_[b].begin >= ram_[r].end) continue;
        if (busy_[b].begin > at) offer(at, busy_[b].begin);
        at = busy_[b].end;
      }
      if (at < ram_[r].end) offer(at, ram_[r].end);
    }
    return best;
  }

  // Whether [begin, begin + size) contains no RAM.
  [[nodiscard]] constexpr bool is_outside_ram(std::uint64_t begin, std::uint64_t size) const noexcept {
    if (size > ~begin) return false;
    for (std::size_t r = 0; r < ram_count_; ++r)
      if (begin < ram_[r].end && ram_[r].begin < begin + size) return false;
    return true;
  }

 private:
  static constexpr std::uint64_t kPage = 4096;
  static constexpr std::size_t kMostRam = 32;
  static constexpr std::size_t kMostBusy = 16;
  address_range ram_[kMostRam] = {};
  std::size_t ram_count_ = 0;
  address_range busy_[kMostBusy] = {};  // ordered by begin
  std::size_t busy_count_ = 0;
};

}  // namespace docteur::cache_vm::pvh
