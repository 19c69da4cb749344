#pragma once
// Where the entries of a PACK end: each at the latest where the next one begins. Guest-safe.

#include <cstdint>

#include "idx/reader.hpp"
#include "object/memory.hpp"

namespace docteur {

class entry_ends {
 public:
  // From the offsets in an IDX of `count` objects; 4 bytes of memory each, or 8 in a PACK with 64-bit offsets. Errors:
  // malformed when two are equal (`at`: of the IDX in the image, for messages), out_of_memory.
  [[nodiscard]] static result<entry_ends> make(const idx_offsets& offsets, std::uint32_t count, const memory& from,
                                               std::uint64_t at) noexcept;

  // The smallest of the offsets above `offset`, `limit` when there is none. From the start of the PACK.
  [[nodiscard]] std::uint64_t after(std::uint64_t offset, std::uint64_t limit) const noexcept;

  [[nodiscard]] std::size_t memory_used() const noexcept { return narrow_.capacity() * 4 + wide_.capacity() * 8; }

 private:
  // Ascending; one of the two is used.
  owned_array<std::uint32_t> narrow_;
  owned_array<std::uint64_t> wide_;
};

}  // namespace docteur
