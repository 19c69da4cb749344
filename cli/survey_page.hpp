#pragma once
// A survey as a page for a browser: one file that needs nothing else. Hosted.

#include <string>

#include "survey/survey_totals.hpp"

namespace docteur::cli {

// HTML. `image`: its name, any bytes.
[[nodiscard]] std::string survey_page(const std::string& image, const image_survey& s, const survey_totals& t);

}  // namespace docteur::cli
