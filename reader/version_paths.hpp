#pragma once
// Builds the path tree of a version of an image: the path section, changed by the lists that lead to the version
// (layout/versions_section.hpp). Guest-safe.

#include <cstdint>
#include <span>

#include "layout/path_tree.hpp"
#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "object/oid_list.hpp"
#include "reader/limits.hpp"

namespace docteur {

// `lists`: the path section, then the lists of changes in their order (version_list::lists()), kMostVersionBases at
// most. Each is read once, front to back, beside the others. `objects`: the number of objects in IDX. What
// read_path_section() checks of paths is checked of the result, and that a removed path is there. Errors: as
// read_path_section().
[[nodiscard]] result<done> read_version_paths(const device& from, std::span<const section> lists, std::uint32_t objects,
                                              const memory& mem, const limits& bounds, path_tree_builder& paths,
                                              oid_list& submodules) noexcept;

}  // namespace docteur
