#pragma once
// What the <repository> argument of docteur-make names. Hosted.

#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur {

struct location {
  std::string path;  // of a repository or a folder on this machine
};

// A plain path; `file://` and an absolute path, percent-decoded as git does; or `relativize://` and a path relative to
// the working directory, taken as it is. `host:path` is a remote address as git has it, unless a file of that
// name exists. Fails with blame::usage for remote addresses: their transports are not there yet.
[[nodiscard]] outcome<location> parse_location(std::string_view text);

}  // namespace docteur
