#pragma once
// Deltas that were not rebuilt: which of them is to blame. Hosted.

#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Reports REF deltas whose base is nowhere, and deltas that stand on one another in a circle. A delta on a damaged
// object is no fault of its own; how many there are becomes a remark.
void report_unresolved(const scanned_pack& pack, const id_map& ids, findings& found);

}  // namespace docteur
