#pragma once
// Verification of the list section (layout/list_section.hpp). Hosted.

#include <cstdint>
#include <optional>
#include <span>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/tree_index.hpp"
#include "verify/verify.hpp"

namespace docteur {

// What has been verified already.
struct list_facts {
  oid commit;
  const commit_view& head;
  const id_map& ids;
  const tree_index& trees;
  std::span<const oid> content_hashes;  // of each entry of the PACK that is a blob
};

// Makes all nodes anew and compares them. To be called for an image that has no fault so far. Returns the list if it is
// right; else adds a fault. Fails (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<std::optional<verified_list>> check_list(const device& d, const section& where,
                                                               const list_facts& facts, findings& found);

}  // namespace docteur
