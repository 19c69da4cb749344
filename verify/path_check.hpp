#pragma once
// Compares the path section (layout/path_section.hpp) with the trees. Hosted.

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"
#include "verify/tree_index.hpp"

namespace docteur {

// What has been verified already.
struct path_facts {
  oid commit;
  oid root;
  const scanned_pack& pack;  // with positions in IDX
  const id_map& ids;
  const tree_index& trees;
};

// Encodes each record and compares its bytes with the section. How records are divided into blocks and deflated is up
// to the writer and not compared. Reports the first difference. Fails (blame::environment) if the device cannot be
// read.
[[nodiscard]] outcome<void> check_paths(const device& d, const section& where, const path_facts& facts,
                                        findings& found);

}  // namespace docteur
