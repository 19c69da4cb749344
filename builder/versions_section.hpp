#pragma once
// Makes the versions section (layout/versions_section.hpp). Hosted.

#include <cstddef>
#include <span>
#include <vector>

#include "builder/path_lister.hpp"
#include "object/failure.hpp"
#include "pack/object_source.hpp"

namespace docteur {

// Returns the content of the versions section of an image that has `objects` objects and the commits `versions`, at
// least one. Fails as path_lister::run() does.
[[nodiscard]] outcome<std::vector<std::byte>> make_versions_section(path_lister& paths,
                                                                    std::span<const source_version> versions,
                                                                    std::size_t objects);

}  // namespace docteur
