#pragma once
// Lists the paths of an image as a tree, and finds the first path of every object. Hosted.

#include <span>

#include "survey/image_survey.hpp"

namespace docteur {

// Returns all paths in the order of the path tree, the root first, and sets the `path` of each object that has one.
// `entries`: for each position in IDX, the index in `objects`. Errors: malformed (no root), out_of_memory.
[[nodiscard]] result<std::vector<surveyed_path>> survey_paths(const snapshot& of,
                                                              std::span<const std::uint32_t> entries,
                                                              std::vector<surveyed_object>& objects);

}  // namespace docteur
