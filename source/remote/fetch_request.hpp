#pragma once
// What git or libgit2 is to fetch. Hosted.

#include <optional>
#include <string>
#include <string_view>

#include "source/remote/remote_address.hpp"

namespace docteur {

struct fetch_request {
  remote_address from;
  std::string reference;   // is_reference_name() or a full id; empty: all branches and tags, with history
  bool history = false;    // with all that a commit descends from; without is for servers that know shallow clones
  std::string repository;  // an absolute path, where make_bare_repository() made one
};

// For another process of this program.
[[nodiscard]] std::string encode(const fetch_request& request);
// nullopt for what encode() did not write.
[[nodiscard]] std::optional<fetch_request> decode_fetch_request(std::string_view text);

}  // namespace docteur
