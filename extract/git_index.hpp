#pragma once
// Git's index, version 2 (`git help gitformat-index`). Hosted.

#include <vector>

#include "object/failure.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

// Returns the index of a worktree that matches the image's tree, as `git read-tree` writes it: without data of the file
// system, so that git examines each file once. Errors: the image's device's. `subject`: for messages.
[[nodiscard]] outcome<std::vector<std::byte>> make_git_index(const snapshot& from, const std::string& subject);

}  // namespace docteur
