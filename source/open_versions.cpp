#include "source/open_versions.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/objects/git_objects.hpp"
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
                                                     const pattern_bounds& bounds, const progress& report) {
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
    if (!w.name.empty()) return give_up(blame::usage, shown + ": the versions of a pattern cannot have one name");
    if (where.remote) return give_up(blame::usage, shown + ": a pattern is for a repository on this machine");
    DOCTEUR_TRY(repository, find_repository(where.path));
    if (!repository) return give_up(blame::usage, shown + ": a pattern is for repositories");
    DOCTEUR_TRY(found, list_references(*repository, w.reference, report));
    if (bounds.since) std::erase_if(found, [&](const listed_reference& r) { return r.date < *bounds.since; });
    if (bounds.newest && found.size() > *bounds.newest) found.resize(*bounds.newest);
    if (found.empty()) return give_up(blame::input, shown + ": no branch or tag since that date");
    for (listed_reference& r : found)
      if (!is_wanted(r.name)) all.push_back({std::move(r.name), ""});
  }
  return all;
}

outcome<std::vector<named_source>> open_versions(const location& where, const source_options& options,
                                                 std::span<const wanted_version> wanted, progress& report) {
  std::vector<named_source> all;
  source_options one = options;
  if (!where.remote && wanted.size() > 1) one.objects = open_objects(where.path);
  for (const wanted_version& w : wanted) {
    one.reference = w.reference;
    DOCTEUR_TRY(source, open_source(where, one, report));
    const std::string known = source->reference();
    all.push_back({w.name.empty() ? default_name(known.empty() ? w.reference : known) : w.name, std::move(source)});
  }
  return all;
}

}  // namespace docteur
