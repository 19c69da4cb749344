#pragma once
// Finds out why deltas were not rebuilt. Hosted.

#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Reports REF deltas whose base is not in the PACK, and deltas that form a cycle. All others could not be rebuilt
// because an object below them is damaged, which is no fault of their own; a remark says how many there are.
void report_unresolved(const scanned_pack& pack, const id_map& ids, findings& found);

}  // namespace docteur
