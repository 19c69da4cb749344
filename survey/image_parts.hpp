#pragma once
// Measures the parts of an image that are not entries of its PACK: header, sections, IDX, padding. Hosted.

#include "survey/image_survey.hpp"

namespace docteur {

struct image_layout {
  std::uint64_t size;  // bytes
  std::vector<image_part> parts;
};
// Returns the parts that are not entries, and the size of the image. `objects`: in PACK order. `end`: what
// end_of_entries() returned.
[[nodiscard]] image_layout survey_parts(const image& of, const std::vector<surveyed_object>& objects,
                                        std::uint64_t end);

}  // namespace docteur
