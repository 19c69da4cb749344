#pragma once
// A survey as a self-contained HTML page. Hosted.

#include <string>

#include "survey/version_survey.hpp"

namespace docteur::cli {

// Returns HTML. `image`: its name, any bytes.
[[nodiscard]] std::string survey_page(const std::string& image, const image_survey& s, const survey_totals& t,
                                      const version_survey& v);

}  // namespace docteur::cli
