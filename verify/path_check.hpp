#pragma once
// The path section (layout/path_section.hpp) against the trees. Hosted.

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"
#include "verify/tree_index.hpp"

namespace docteur {

// What was found to be good.
struct path_facts {
  oid commit;
  oid root;
  const scanned_pack& pack;  // with positions in IDX
  const id_map& ids;
  const tree_index& trees;
};

// Makes each record anew and demands the same bytes; how they are cut into blocks and deflated is the writer's choice.
// Reports the first difference.
[[nodiscard]] outcome<void> check_paths(const device& d, const section& where, const path_facts& facts,
                                        findings& found);

}  // namespace docteur
