#pragma once
// The names of an image's versions, as clients show them. Hosted.

#include <cstdint>
#include <string_view>
#include <vector>

#include "reader/version_list.hpp"

namespace docteur {

// Names of one commit. Views of the list.
struct version_names {
  std::string_view name;                  // the branch's or tag's own, if it is one of the commit's
  std::vector<std::string_view> aliases;  // the others
};
// In the order of the list.
[[nodiscard]] std::vector<version_names> names_of_versions(const version_list& list);

}  // namespace docteur
