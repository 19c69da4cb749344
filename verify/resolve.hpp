#pragma once
// Rebuilds and checks every object of a PACK. Hosted, all cores.
//
// A base is inflated once: from each whole object its deltas are rebuilt depth-first, on a stack of our own. The deltas
// with most descendants come last, when their base is no longer kept, so that no more bases are held at a time than the
// logarithm of their number. REF deltas are found by the ids that were computed, so cycles are never entered: where an
// id stands more than once any of its entries may serve, for the content is the same. How long the chains are is told
// elsewhere (chain_check.hpp).

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

// Inside the current TBB arena. Sets id, object and state of `pack.entries`.
[[nodiscard]] outcome<resolved_pack> resolve_objects(const device& d, scanned_pack& pack, const restart_check& restarts,
                                                     object_check& check, const verify_options& options,
                                                     findings& found, progress& watch);

}  // namespace docteur
