#pragma once
// What git or libgit2 should fetch. Hosted.

#include <optional>
#include <string>
#include <string_view>

#include "base/remote_address.hpp"

namespace docteur {

struct fetch_request {
  remote_address from;
  std::string reference;   // is_reference_name() or a full id; empty: all branches and tags, with history
  bool history = false;    // with all ancestors; without them only from servers that support shallow clones
  std::string repository;  // absolute path of one made by make_bare_repository()
};

// Serialises it for another process of this program.
[[nodiscard]] std::string encode(const fetch_request& request);
// nullopt for what encode() did not write.
[[nodiscard]] std::optional<fetch_request> decode_fetch_request(std::string_view text);

}  // namespace docteur
