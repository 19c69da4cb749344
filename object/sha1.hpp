#pragma once
// SHA-1 (FIPS 180-4) and Git object ids. Guest-safe: the SHA instructions of the processor are used where it has
// them (asked once, at run time), plain code elsewhere. No collision detection: doc/SECURITY.md.

#include <array>
#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

class sha1 {
 public:
  sha1() noexcept;
  // Plain code from here on, for comparing the two; before the first update().
  void disable_instructions() noexcept;
  void update(bytes data) noexcept;
  // The digest of all that was given; the object is spent afterwards.
  [[nodiscard]] oid finish() noexcept;

 private:
  std::array<std::uint32_t, 5> state_;
  std::uint64_t length_ = 0;  // bytes
  std::array<std::byte, 64> block_;
  bool has_instructions_;
};

// A hash that already holds Git's object header, "<type> <size>\0".
[[nodiscard]] sha1 object_hash(object_type type, std::uint64_t size) noexcept;

// The id of an object: SHA-1 of its header and content.
[[nodiscard]] oid object_id(object_type type, bytes content) noexcept;

}  // namespace docteur
