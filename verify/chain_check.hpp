#pragma once
// Checks the chains of deltas as a reader follows them. Hosted.

#include <cstdint>

#include "reader/limits.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Reports chains that lead back to themselves, and chains over the limits on the number and the bytes of deltas. The
// base of a REF delta is the entry that its id means (id_map.hpp), even if the object was rebuilt from another entry of
// that id. Returns the number of deltas in the longest chain within the limits.
[[nodiscard]] std::uint32_t check_chains(const scanned_pack& pack, const id_map& ids, const limits& bounds,
                                         findings& found);

}  // namespace docteur
