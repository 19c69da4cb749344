#pragma once
// What of an image is no entry of its PACK: header, sections, IDX, padding. Hosted.

#include "survey/image_survey.hpp"

namespace docteur {

// Where the PACK's entries end and its trailer begins, from the start of the PACK. An image without section table does
// not say it: there the trailer is looked for, as the checksum that IDX repeats; where it is not found, all up to IDX
// counts to the last entry. Errors: the device's.
[[nodiscard]] result<std::uint64_t> end_of_entries(const image& of);

struct image_layout {
  std::uint64_t size;  // bytes
  std::vector<image_part> parts;
};
// `objects`: in PACK order, with their sizes. `end`: as above.
[[nodiscard]] image_layout survey_parts(const image& of, const std::vector<surveyed_object>& objects,
                                        std::uint64_t end);

}  // namespace docteur
