#include "source/open_versions.hpp"

#include <algorithm>

#include "object/result.hpp"

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

}  // namespace

outcome<wanted_version> parse_wanted_version(const std::string& text) {
  // The name has no '=', the reference may have one.
  const std::size_t equals = text.rfind('=');
  wanted_version w{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
  if (w.reference.empty()) return give_up(blame::usage, "--branch: an empty name");
  if (equals != std::string::npos && w.name.empty()) return give_up(blame::usage, "--branch: an empty name after '='");
  return w;
}

outcome<std::vector<named_source>> open_versions(const location& where, const source_options& options,
                                                 std::span<const wanted_version> wanted, progress& report) {
  std::vector<named_source> all;
  source_options one = options;
  for (const wanted_version& w : wanted) {
    one.reference = w.reference;
    DOCTEUR_TRY(source, open_source(where, one, report));
    const std::string known = source->reference();
    all.push_back({w.name.empty() ? default_name(known.empty() ? w.reference : known) : w.name, std::move(source)});
  }
  return all;
}

}  // namespace docteur
