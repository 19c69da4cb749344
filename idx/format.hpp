#pragma once
// IDX version 2 on disk: `git help gitformat-pack`, "Version 2 pack-*.idx files". All integers big-endian. Guest-safe.

#include <cstdint>

#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint32_t kIdxMagic = 0xff744f63;  // "\377tOc"
inline constexpr std::uint32_t kIdxVersion = 2;
// An offset with this bit set is a position in the table of 64-bit offsets.
inline constexpr std::uint32_t kIdxWideOffset = 0x80000000;

// The start of each table of an IDX, in bytes from the start of the IDX.
struct idx_layout {
  std::uint32_t objects;
  std::uint32_t wide;  // entries of the 64-bit table
  hash_kind kind;      // of the ids and of both checksums

  [[nodiscard]] constexpr std::uint64_t fanout() const noexcept { return 8; }
  [[nodiscard]] constexpr std::uint64_t ids() const noexcept { return fanout() + 256 * 4; }
  [[nodiscard]] constexpr std::uint64_t crcs() const noexcept { return ids() + std::uint64_t{objects} * id_size(kind); }
  [[nodiscard]] constexpr std::uint64_t offsets() const noexcept { return crcs() + std::uint64_t{objects} * 4; }
  [[nodiscard]] constexpr std::uint64_t wide_offsets() const noexcept { return offsets() + std::uint64_t{objects} * 4; }
  [[nodiscard]] constexpr std::uint64_t pack_checksum() const noexcept {
    return wide_offsets() + std::uint64_t{wide} * 8;
  }
  [[nodiscard]] constexpr std::uint64_t checksum() const noexcept { return pack_checksum() + id_size(kind); }
  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return checksum() + id_size(kind); }
};

}  // namespace docteur
