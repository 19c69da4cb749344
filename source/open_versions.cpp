#include "source/open_versions.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/objects/git_objects.hpp"
#include "source/remote/fetched_repository.hpp"
#include "source/repository/reference_list.hpp"

namespace docteur {
namespace {

std::string default_name(const std::string& reference) {
  std::string name = reference.empty() || reference == "@" ? "HEAD" : reference;
  for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/remotes/", "refs/"}) {
    if (!name.starts_with(prefix)) continue;
    name.erase(0, prefix.size());
    break;
  }
  std::ranges::replace(name, '/', '-');
  return name;
}

// The objects of the repository at `path`; nullptr if there is none, or a failure, which whoever opens it meets.
std::shared_ptr<const git_objects> open_objects(const std::string& path) {
  const auto repository = find_repository(path);
  if (!repository || !*repository) return nullptr;
  auto objects = git_objects::open((*repository)->objects(), (*repository)->kind);
  if (!objects) return nullptr;
  return std::move(*objects);
}

// The references that match each pattern, in the order of the patterns.
outcome<std::vector<std::vector<listed_reference>>> list_matches(std::span<const wanted_version> wanted,
                                                                 const location& where, fetched_repository* fetched,
                                                                 progress& report) {
  std::vector<std::string> patterns;
  for (const wanted_version& w : wanted) {
    if (!is_reference_pattern(w.reference)) continue;
    if (!w.name.empty())
      return give_up(blame::usage,
                     "--branch: " + printable(w.reference) + ": the versions of a pattern cannot have one name");
    patterns.push_back(w.reference);
  }
  if (fetched != nullptr) return fetched->list(patterns, report);
  DOCTEUR_TRY(repository, find_repository(where.path));
  if (!repository)
    return give_up(blame::usage, "--branch: " + printable(patterns.front()) + ": a pattern is for repositories");
  std::vector<std::vector<listed_reference>> all;
  for (const std::string& pattern : patterns) {
    DOCTEUR_TRY(found, list_references(*repository, pattern, report));
    all.push_back(std::move(found));
  }
  return all;
}

}  // namespace

outcome<wanted_version> parse_wanted_version(const std::string& text) {
  // The name has no '=', the reference may have one.
  const std::size_t equals = text.rfind('=');
  wanted_version w{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
  if (w.reference.empty()) return give_up(blame::usage, "--branch: an empty name");
  if (equals != std::string::npos && w.name.empty()) return give_up(blame::usage, "--branch: an empty name after '='");
  return w;
}

outcome<std::vector<wanted_version>> expand_patterns(std::vector<wanted_version> wanted, const location& where,
                                                     const pattern_bounds& bounds, fetched_repository* fetched,
                                                     progress& report) {
  DOCTEUR_TRY(matches, list_matches(wanted, where, fetched, report));
  auto match = matches.begin();
  std::vector<wanted_version> all;
  const auto is_wanted = [&](const std::string& reference) {
    const auto is = [&](const wanted_version& w) { return w.reference == reference; };
    return std::ranges::any_of(wanted, is) || std::ranges::any_of(all, is);
  };
  for (wanted_version& w : wanted) {
    if (!is_reference_pattern(w.reference)) {
      all.push_back(w);
      continue;
    }
    const std::string shown = "--branch: " + printable(w.reference);
    std::vector<listed_reference> found = std::move(*match++);
    if (bounds.since) std::erase_if(found, [&](const listed_reference& r) { return r.date < *bounds.since; });
    if (bounds.newest && found.size() > *bounds.newest) found.resize(*bounds.newest);
    if (found.empty()) return give_up(blame::input, shown + ": no branch or tag since that date");
    for (listed_reference& r : found)
      if (!is_wanted(r.name)) all.push_back({std::move(r.name), ""});
  }
  return all;
}

outcome<std::vector<named_source>> open_versions(const location& where, const source_options& options,
                                                 std::span<const wanted_version> wanted, fetched_repository* fetched,
                                                 progress& report) {
  std::vector<std::unique_ptr<commit_source>> sources;
  if (fetched != nullptr) {
    std::vector<std::string> references;
    for (const wanted_version& w : wanted) references.push_back(w.reference);
    DOCTEUR_TRY(opened, open_fetched(*fetched, options, references, report));
    sources = std::move(opened);
  } else {
    source_options one = options;
    if (wanted.size() > 1) one.objects = open_objects(where.path);
    for (const wanted_version& w : wanted) {
      one.reference = w.reference;
      DOCTEUR_TRY(source, open_source(where, one, report));
      sources.push_back(std::move(source));
    }
  }
  std::vector<named_source> all;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const wanted_version& w = wanted[i];
    const std::string known = sources[i]->reference();
    all.push_back({w.name.empty() ? default_name(known.empty() ? w.reference : known) : w.name, std::move(sources[i])});
  }
  return all;
}

}  // namespace docteur
