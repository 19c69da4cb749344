#pragma once
// The paths of an image as a tree, and the first path of every object. Hosted.

#include <span>

#include "survey/image_survey.hpp"

namespace docteur {

// `entries`: for each position in IDX the index in `objects`, whose `path` is set for what has one.
// Errors: out_of_memory.
[[nodiscard]] result<std::vector<surveyed_path>> survey_paths(const snapshot& of,
                                                              std::span<const std::uint32_t> entries,
                                                              std::vector<surveyed_object>& objects);

}  // namespace docteur
