#pragma once
// Builds the path tree from the path section: one sequential read, one pass. Guest-safe.

#include "layout/path_tree.hpp"
#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "object/oid_list.hpp"
#include "reader/limits.hpp"

namespace docteur {

// `objects`: the number of objects in IDX, which positions must be less than. Checks the section's checksum, the order
// of keys, each name against the path rules, and that the directory of each path is in the section. Only docteur-verify
// checks that the paths are those of the commit's tree (doc/SECURITY.md). Errors: malformed, truncated, bad_checksum,
// out_of_range, too_large, out_of_memory, the device's.
[[nodiscard]] result<done> read_path_section(const device& from, const section& where, std::uint32_t objects,
                                             const memory& mem, const limits& bounds, path_tree_builder& paths,
                                             oid_list& submodules) noexcept;

}  // namespace docteur
