#pragma once
// A commit's .gitmodules (gitmodules(5)). Hosted.

#include <cstddef>
#include <string>
#include <vector>

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

inline constexpr std::size_t kMostGitmodules = std::size_t{1} << 20;  // bytes of a .gitmodules that is read

struct submodule_words {
  std::string name;
  std::string path;  // empty: not given
  std::string url;   // the same
};

// Submodules in the order of the file; an `include` section has no effect, as in git. The file comes from others, and
// what it says leads to programs and other machines, so this fails with blame::input
// - for a file that is too large, malformed, or contains control characters;
// - for names and paths that are empty, contain control characters or `..`, or begin with a dash (CVE-2018-11235), and
//   paths that begin with a slash;
// - for URLs with control characters, encoded or not, or that begin with a dash (CVE-2018-17456);
// - if two entries for one name, or for one path, differ. URLs are not checked here:
//   source/selection/submodule_address.hpp does that.
[[nodiscard]] outcome<std::vector<submodule_words>> parse_gitmodules(bytes content);

}  // namespace docteur
