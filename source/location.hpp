#pragma once
// What the <repository> argument of docteur-make names. Hosted.

#include <optional>
#include <string>
#include <string_view>

#include "base/remote_address.hpp"
#include "object/failure.hpp"

namespace docteur {

struct location {
  std::string path;                      // of a repository or a folder on this machine
  std::optional<remote_address> remote;  // or a repository on another one; `path` is empty then
};

// A plain path; `file://` and an absolute path, percent-decoded as git does; `relativize://` and a path relative to the
// working directory, not decoded; or a remote address (base/remote_address.hpp). As for git, `host:path` is a
// remote address unless a file of that name exists. Fails with blame::usage.
[[nodiscard]] outcome<location> parse_location(std::string_view text);

}  // namespace docteur
