#pragma once
// Where the entries of a PACK are, found by inflating one after the other: slow, and needs no index. Hosted.

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
  std::uint64_t end = 0;               // PACK offset behind the last entry that was understood
  std::optional<error> stopped;        // why no more were; nullopt when all were found
};

struct walk_bounds {
  std::uint64_t limit;  // PACK offset that no entry passes
  bool up_to_limit;     // entries fill the PACK to its limit; else there are `count`
  std::uint32_t count;  // at most
  hash_kind kind;       // of ids
};

// Of the image `d`, from the PACK offset `from` on.
[[nodiscard]] outcome<walked_pack> walk_pack(const device& d, std::uint64_t from, const walk_bounds& bounds,
                                             const progress& watch);

}  // namespace docteur
