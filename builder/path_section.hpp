#pragma once
// Makes the path section (layout/path_section.hpp). Hosted.

#include <cstddef>
#include <vector>

#include "builder/path_lister.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

// Returns the content of the path section of an image that has `objects` objects and whose commit's tree is `root`.
// Fails as path_lister::run() does.
[[nodiscard]] outcome<std::vector<std::byte>> make_path_section(path_lister& paths, const oid& root,
                                                                std::size_t objects);

}  // namespace docteur
