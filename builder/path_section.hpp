#pragma once
// All paths of a commit, from the trees of its source. Hosted.

#include <span>
#include <vector>

#include "object/failure.hpp"
#include "object/idx_entry.hpp"
#include "object/progress.hpp"
#include "pack/object_source.hpp"

namespace docteur {

// The path section of the image that `entries` (in any order) are the objects of. The trees are read again: a folder or
// a repository may show a tree under many paths, which the list of objects names once.
[[nodiscard]] outcome<std::vector<std::byte>> make_path_section(const object_source& source,
                                                                std::span<const idx_entry> entries,
                                                                const progress& report);

}  // namespace docteur
