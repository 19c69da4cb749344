#pragma once
// A survey as aligned text for people. Hosted.

#include <string>

#include "survey/version_survey.hpp"

namespace docteur::cli {

inline constexpr std::size_t kShownPaths = 10;  // directories, and files

// Returns lines that end in newlines. `image`: its name.
[[nodiscard]] std::string survey_text(const std::string& image, const image_survey& s, const survey_totals& t,
                                      const version_survey& v);

// "v1.0, latest", printable.
[[nodiscard]] std::string names_text(const surveyed_version& v);

}  // namespace docteur::cli
