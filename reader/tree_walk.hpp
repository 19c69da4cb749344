#pragma once
// Walks all trees of a commit, depth first, and adds their paths to a path tree. Guest-safe.

#include "layout/path_tree.hpp"
#include "object/memory.hpp"
#include "object/oid_list.hpp"
#include "reader/object_reader.hpp"

namespace docteur {

// `root`: IDX position of the root tree. Each tree is checked against its id, each name against the path rules; every
// entry except submodules must be in the IDX. Commit ids of submodules are appended to `submodules`.
[[nodiscard]] result<done> walk_trees(object_reader& objects, std::uint32_t root, path_tree_builder& paths,
                                      oid_list& submodules) noexcept;

}  // namespace docteur
