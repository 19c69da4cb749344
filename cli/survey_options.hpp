#pragma once
// --stats and --report: where the bytes of an image went. Hosted.

#include <optional>
#include <string>

#include "cli/common.hpp"

namespace docteur::cli {

struct survey_options {
  bool stats = false;
  std::optional<std::string> report;
};

void add_survey_options(command_line& app, survey_options& opt);

// Call before any work: blame::usage for a report that could not be written, or would overwrite `image`.
[[nodiscard]] outcome<void> check_survey_options(const survey_options& opt, const std::string& image);

// Reads the complete `image` if one of the options is given, and prints or writes the survey.
[[nodiscard]] outcome<void> show_survey(const survey_options& opt, const std::string& image);

}  // namespace docteur::cli
