#pragma once
// A survey for people: aligned text. Hosted.

#include <string>

#include "survey/survey_totals.hpp"

namespace docteur::cli {

inline constexpr std::size_t kShownPaths = 10;  // directories, and files

// Lines, each ended by a newline. `image`: its name.
[[nodiscard]] std::string survey_text(const std::string& image, const image_survey& s, const survey_totals& t);

}  // namespace docteur::cli
