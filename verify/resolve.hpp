#pragma once
// Rebuilds and checks every object of a PACK. Hosted, all cores.
//
// A base is inflated once: from each whole object, its deltas are rebuilt depth-first with an explicit stack. Of the
// deltas of a base, the one with the most descendants comes last, when the base is no longer needed, so the number of
// bases held at a time is at most the logarithm of the number of deltas. The bases of REF deltas are found by computed
// ids, so cycles are never entered; if several entries have the id, any serves, because their content is the same. The
// length of chains is checked elsewhere (chain_check.hpp).

#include <memory>
#include <vector>

#include "layout/restart_section.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "verify/findings.hpp"
#include "verify/object_check.hpp"
#include "verify/pack_entry.hpp"
#include "verify/restart_check.hpp"
#include "verify/tree_edges.hpp"

namespace docteur {

struct resolved_pack {
  std::vector<tree_edges> edges;
  std::array<std::uint64_t, 5> objects{};  // by object_type
  std::uint64_t content_bytes = 0;
  std::uint64_t deltas = 0;
  bool bad_extent = false;  // a stream did not end where the next entry begins
};

// Uses the threads of the current TBB arena. Sets `id`, `object` and `state` of pack.entries. Fails
// (blame::environment) if the device cannot be read or `report` says to stop.
[[nodiscard]] outcome<resolved_pack> resolve_objects(const device& d, scanned_pack& pack, const restart_check& restarts,
                                                     object_check& check, const verify_options& options,
                                                     findings& found, progress& report);

}  // namespace docteur
