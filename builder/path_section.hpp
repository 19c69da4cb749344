#pragma once
// Lists all paths of a commit from the trees of its source, for the path section. Hosted.

#include <span>
#include <vector>

#include "object/failure.hpp"
#include "object/idx_entry.hpp"
#include "object/progress.hpp"
#include "pack/object_source.hpp"

namespace docteur {

// Returns the content of the path section of an image that has the objects `entries`, in any order. Reads the trees of
// `source` again, because one tree may have many paths and the list of objects has only the first. Fails when the
// source does or has changed since its objects were listed (blame::input), or when `report` says to stop.
[[nodiscard]] outcome<std::vector<std::byte>> make_path_section(const object_source& source,
                                                                std::span<const idx_entry> entries,
                                                                const progress& report);

}  // namespace docteur
