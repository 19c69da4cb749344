#pragma once
// Builds the path tree from the path section: one sequential read, one pass. Guest-safe.

#include "layout/path_tree.hpp"
#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "object/oid_list.hpp"
#include "reader/limits.hpp"

namespace docteur {

// `objects`: of the IDX, which positions are below. Checks the section's checksum, the order of keys, each name against
// the path rules, and that each path is in a directory that is there; that the paths are those of the commit's tree
// is docteur-verify's to say (doc/SECURITY.md).
[[nodiscard]] result<done> read_path_section(const device& from, const section& where, std::uint32_t objects,
                                             const memory& mem, const limits& bounds, path_tree_builder& paths,
                                             oid_list& submodules) noexcept;

}  // namespace docteur
