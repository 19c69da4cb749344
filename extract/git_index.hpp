#pragma once
// Git's index, version 2 (`git help gitformat-index`). Hosted.

#include <vector>

#include "object/failure.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

// The index of a worktree that is exactly the image's tree, as `git read-tree` writes it: without what a file system
// says of files, so that git looks at each once. Errors: the image's device's. `subject`: for messages.
[[nodiscard]] outcome<std::vector<std::byte>> make_git_index(const snapshot& from, const std::string& subject);

}  // namespace docteur
