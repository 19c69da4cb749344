#pragma once
// The chains of deltas as a reader follows them. Hosted.

#include <cstdint>

#include "reader/limits.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Reports chains that lead back to themselves, and those over the limits on deltas and on their bytes. A base that is
// named by id is the entry that the id means (id_map.hpp), whatever else an object was rebuilt from. Returns the deltas
// of the longest chain within the limit.
[[nodiscard]] std::uint32_t check_chains(const scanned_pack& pack, const id_map& ids, const limits& bounds,
                                         findings& found);

}  // namespace docteur
