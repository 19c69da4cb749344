#pragma once
// The ends of the entries of a PACK: each entry ends where the next one begins, or before. Guest-safe.

#include <cstdint>

#include "idx/reader.hpp"
#include "object/memory.hpp"

namespace docteur {

class entry_ends {
 public:
  // Takes the offsets in an IDX of `count` objects. Holds 4 bytes for each, or 8 in a PACK with 64-bit offsets. Errors:
  // malformed if two are equal (`at`: of the IDX in the image, for messages), out_of_memory.
  [[nodiscard]] static result<entry_ends> make(const idx_offsets& offsets, std::uint32_t count, const memory& from,
                                               std::uint64_t at) noexcept;

  // Returns the smallest offset above `offset`, or `limit` if there is none. Offsets are from the start of the PACK.
  [[nodiscard]] std::uint64_t after(std::uint64_t offset, std::uint64_t limit) const noexcept;

  [[nodiscard]] std::size_t memory_used() const noexcept { return narrow_.capacity() * 4 + wide_.capacity() * 8; }

 private:
  // Both ascending; only one of the two is used.
  owned_array<std::uint32_t> narrow_;
  owned_array<std::uint64_t> wide_;
};

}  // namespace docteur
