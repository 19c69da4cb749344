#pragma once
// What git or libgit2 should fetch. Hosted.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/remote_address.hpp"

namespace docteur {

struct fetch_request {
  remote_address from;
  // Each is_reference_name() or a full id; none: all branches and tags, with history.
  std::vector<std::string> references;
  bool history = false;    // with all ancestors; without them only from servers that support shallow clones
  std::string repository;  // absolute path of one made by make_bare_repository()
  // The references are beginnings of names, and what they match is stored under its own name.
  bool is_listing = false;
  bool only_commits = false;  // no files and folders, if the server can leave them out
};

// Serialises it for another process of this program.
[[nodiscard]] std::string encode(const fetch_request& request);
// nullopt for what encode() did not write.
[[nodiscard]] std::optional<fetch_request> decode_fetch_request(std::string_view text);

}  // namespace docteur
