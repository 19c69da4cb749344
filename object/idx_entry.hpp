#pragma once
// One PACK entry as IDX lists it (`git help gitformat-pack`). Guest-safe.

#include <cstdint>

#include "object/oid.hpp"

namespace docteur {

struct idx_entry {
  oid id;
  std::uint64_t offset;  // from the start of the PACK
  std::uint32_t crc;     // CRC-32 of the entry as it is in the PACK: header, base reference, zlib stream
};

}  // namespace docteur
