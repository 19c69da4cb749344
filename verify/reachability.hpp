#pragma once
// What the image's commit reaches: all of it must be there, and nothing else. Hosted.

#include <span>

#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"
#include "verify/tree_index.hpp"

namespace docteur {

struct reach_options {
  oid commit;
  std::span<const oid> tags;  // that are there besides
  std::uint64_t tags_at;      // where they are named
  bool only_reachable;        // what is not reached is a fault; else a remark
  bool edges_are_complete;
};

// Walks from the header's commit, whose content is in `report`; counts paths into it. Parents are not looked for.
void check_reachability(const scanned_pack& pack, const id_map& ids, const tree_index& trees,
                        const reach_options& options, const limits& bounds, findings& found, verify_report& report);

}  // namespace docteur
