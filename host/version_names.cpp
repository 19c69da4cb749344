#include "host/version_names.hpp"

#include <algorithm>

namespace docteur {

std::vector<version_names> names_of_versions(const version_list& list) {
  std::vector<version_names> all;
  std::vector<oid> commits;  // of each
  for (std::uint32_t i = 0; i < list.size(); ++i) {
    const version v = list[i];
    const auto known = std::ranges::find(commits, v.commit);
    if (known == commits.end()) {
      commits.push_back(v.commit);
      all.push_back({v.name, {}});
      continue;
    }
    version_names& names = all[static_cast<std::size_t>(known - commits.begin())];
    names.aliases.push_back(v.name);
    // The name of the branch or tag itself comes first.
    const auto is_own = [](const version& of) {
      return of.reference.size() > of.name.size() && of.reference.ends_with(of.name) &&
             of.reference[of.reference.size() - of.name.size() - 1] == '/';
    };
    if (is_own(v) && !is_own(*list.find_name(names.name))) std::swap(names.name, names.aliases.back());
  }
  return all;
}

}  // namespace docteur
