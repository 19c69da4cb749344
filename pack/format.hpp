#pragma once
// PACK version 2 on disk: `git help gitformat-pack`. All integers big-endian. Guest-safe.

#include <cstdint>

#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint32_t kPackMagic = 0x5041434b;  // "PACK"
inline constexpr std::uint32_t kPackVersion = 2;

inline constexpr std::uint64_t kPackHeaderSize = 12;  // bytes: magic, version, number of objects, u32 each

// Bytes of the trailer: the hash of all before it.
[[nodiscard]] constexpr std::uint64_t pack_trailer_size(hash_kind kind) noexcept { return id_size(kind); }
inline constexpr std::uint64_t kLeastPackSize = kPackHeaderSize + pack_trailer_size(hash_kind::sha1);

}  // namespace docteur
