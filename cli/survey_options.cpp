#include "cli/survey_options.hpp"

#include <filesystem>

#include "base/atomic_file.hpp"
#include "base/printable.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/survey_page.hpp"
#include "cli/survey_text.hpp"
#include "cli/whole_file.hpp"
#include "host/describe.hpp"
#include "host/heap.hpp"

namespace docteur::cli {

void add_survey_options(command_line& app, survey_options& opt) {
  app.add_flag("--stats", opt.stats, "print where the bytes of the image went");
  app.add_option("--report", opt.report, "draw that as an HTML page");
}

outcome<void> check_survey_options(const survey_options& opt, const std::string& image) {
  if (!opt.report) return {};
  std::error_code ignored;
  DOCTEUR_TRY(page, behind_links(*opt.report));
  DOCTEUR_TRY(disk, behind_links(image));
  const auto whole = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(path, ignored);
  };
  if (whole(page) == whole(disk) || std::filesystem::equivalent(*opt.report, image, ignored))
    return give_up(blame::usage, "--report: " + printable(*opt.report) + " is the image; name another file");
  return check_whole_file(*opt.report);
}

outcome<void> show_survey(const survey_options& opt, const std::string& image) {
  if (!opt.stats && !opt.report) return {};
  DOCTEUR_TRY(from, opened_image::open(image, printable(image)));
  const auto survey = survey_image(from->snapshot());
  if (!survey) return tl::make_unexpected(describe(survey.error(), printable(image)));
  const survey_totals totals = add_up(*survey);
  const auto versions = survey_versions(from->image(), *survey);
  if (!versions) return tl::make_unexpected(describe(versions.error(), printable(image)));
  if (opt.report) {
    const std::string name = std::filesystem::path(image).filename().string();
    DOCTEUR_CHECK(write_whole_file(*opt.report, survey_page(name, *survey, totals, *versions)));
  }
  if (!opt.stats) return {};
  bool pipe_closed = false;
  return write_out(as_bytes(survey_text(image, *survey, totals, *versions)), pipe_closed);
}

}  // namespace docteur::cli
