#pragma once
// Finds the entries of a PACK by inflating one after the other, which is slow but needs no index. Hosted.

#include <cstdint>
#include <optional>
#include <vector>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"

namespace docteur {

struct walked_pack {
  std::vector<std::uint64_t> offsets;  // of the entries, from the start of the PACK
  std::uint64_t end = 0;               // PACK offset behind the last entry that was found
  std::optional<error> stopped;        // why the walk ended early; nullopt if all entries were found
};

struct walk_bounds {
  std::uint64_t limit;  // PACK offset where entries end at the latest
  bool up_to_limit;     // entries must end exactly at `limit`; else there must be `count`
  std::uint32_t count;  // the most entries
  hash_kind kind;       // of ids
};

// Walks the PACK of the image `d` from the PACK offset `from` on. Fails (blame::environment) if the device cannot be
// read, memory runs out, or `report` says to stop.
[[nodiscard]] outcome<walked_pack> walk_pack(const device& d, std::uint64_t from, const walk_bounds& bounds,
                                             const progress& report);

}  // namespace docteur
