#include "cli/version_options.hpp"

#include <algorithm>
#include <span>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/folder/commit_options.hpp"
#include "source/repository/reference_list.hpp"

namespace docteur::cli {
namespace {

bool is_pattern(const wanted_version& w) { return is_reference_pattern(w.reference); }

outcome<pattern_bounds> bounds_of(const version_options& options, std::span<const wanted_version> wanted) {
  pattern_bounds bounds{options.newest, std::nullopt};
  if (options.since) {
    DOCTEUR_TRY(date, parse_rfc3339(*options.since));
    bounds.since = date.seconds;
  }
  if ((options.newest || options.since) && std::ranges::none_of(wanted, is_pattern))
    return give_up(blame::usage, "--newest and --since are for a pattern, such as --branch 'refs/tags/v*'");
  return bounds;
}

}  // namespace

void add_version_options(command_line& app, version_options& to) {
  app.add_option(
         "-b,--branch", to.branches,
         "branch, tag, refs/..., commit id or HEAD (default: HEAD), or a pattern of them; several are versions in "
         "one image, each with a name of its own as REFERENCE=NAME")
      .one_at_a_time();
  app.add_option("--newest", to.newest, "of the references that match a pattern, only so many, the newest")
      .in_range(1, 4096);
  app.add_option("--since", to.since, "of those, only commits since this date, RFC 3339");
  app.add_option("--default", to.default_version, "the name of the version that is served first (default: the first)");
}

outcome<wanted_list> wanted_versions(const version_options& options, const location& where, fetched_repository* fetched,
                                     progress& report) {
  wanted_list wanted{};
  for (const std::string& text : options.branches) {
    DOCTEUR_TRY(one, parse_wanted_version(text));
    wanted.all.push_back(std::move(one));
  }
  DOCTEUR_TRY(bounds, bounds_of(options, wanted.all));
  const bool has_pattern = std::ranges::any_of(wanted.all, is_pattern);
  if (has_pattern) {
    DOCTEUR_TRY(expanded, expand_patterns(std::move(wanted.all), where, bounds, fetched, report));
    wanted.all = std::move(expanded);
  }
  if (wanted.all.empty()) wanted.all.emplace_back();
  wanted.are_named =
      wanted.all.size() > 1 || has_pattern || options.default_version || !wanted.all.front().name.empty();
  return wanted;
}

outcome<void> choose_default(std::vector<named_source>& versions, const version_options& options) {
  if (!options.default_version) return {};
  const auto chosen = std::ranges::find(versions, *options.default_version, &named_source::name);
  if (chosen == versions.end())
    return give_up(blame::usage, "--default: no version " + printable(*options.default_version));
  std::rotate(versions.begin(), chosen, chosen + 1);
  return {};
}

}  // namespace docteur::cli
