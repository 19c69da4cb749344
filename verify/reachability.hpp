#pragma once
// Checks that the PACK has everything that the image's commit reaches, and nothing else. Hosted.

#include <span>

#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"
#include "verify/tree_index.hpp"

namespace docteur {

struct reach_options {
  oid commit;
  std::span<const oid> tags;  // of the tag section: reachable as well
  std::uint64_t tags_at;      // offset of the tag section in the image
  std::uint64_t versions_at;  // of the versions section
  bool only_reachable;        // unreachable objects are a fault; else they are a remark
  bool edges_are_complete;    // false: there are too many edges to check reachability
};

// Walks from the header's commit, whose content is in `result`, and from the commits of result.versions, and sets the
// number of paths of each. Parents of commits are not followed.
void check_reachability(const scanned_pack& pack, const id_map& ids, const tree_index& trees,
                        const reach_options& options, const limits& bounds, findings& found, verify_report& result);

}  // namespace docteur
