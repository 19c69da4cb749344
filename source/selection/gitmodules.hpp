#pragma once
// What a commit says of its submodules (gitmodules(5)). Hosted.

#include <cstddef>
#include <string>
#include <vector>

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

inline constexpr std::size_t kMostGitmodules = std::size_t{1} << 20;  // bytes of a .gitmodules that is read

struct submodule_words {
  std::string name;
  std::string path;  // empty: it says none
  std::string url;   // the same
};

// In the order of the file, by parse_config(); an `include` section is none here, as for git. The file is somebody
// else's, and what it says leads to programs and other machines, so it fails with blame::input
// - for a file that is too large, is malformed, or holds control characters;
// - for names and paths that are empty, hold control characters or `..`, or begin with a dash (CVE-2018-11235), and
//   paths that begin with a slash;
// - for URLs with control characters, encoded or not, or that begin with a dash (CVE-2018-17456);
// - where two of one name, or of one path, say different things.
// URLs are not checked here: source/selection/submodule_address.hpp does that.
[[nodiscard]] outcome<std::vector<submodule_words>> parse_gitmodules(bytes content);

}  // namespace docteur
