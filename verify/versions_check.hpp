#pragma once
// Checks the versions section (layout/versions_section.hpp). Hosted.

#include <string>
#include <vector>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"
#include "verify/tree_index.hpp"

namespace docteur {

// A record of the section.
struct listed_version {
  std::string name;
  std::string reference;
  oid commit;
  std::vector<oid> tags;
  std::uint32_t base;
  section changes;   // the list of changes in the image
  std::uint64_t at;  // of the record in the image
};

// Returns the records, as far as they can be read, and reports their faults: also names that are there twice, lists
// that do not follow one another up to the section's end, and a first version that is not `commit`. Fails
// (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<std::vector<listed_version>> load_versions(const device& d, const section& where,
                                                                 const oid& commit, findings& found);

// What has been verified already.
struct version_facts {
  hash_kind kind;
  const scanned_pack& pack;  // with positions in IDX
  const id_map& ids;
  const tree_index& trees;
  limits bounds;
};

// Compares each list with the difference between the trees of its base and of its version, record by record. `roots`:
// the root tree of each version. Reports the first difference of each. Fails as load_versions() does.
[[nodiscard]] outcome<void> check_version_paths(const device& d, const std::vector<listed_version>& versions,
                                                const std::vector<oid>& roots, const version_facts& facts,
                                                findings& found);

}  // namespace docteur
