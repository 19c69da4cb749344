#pragma once
// A Git repository around the PACK and the IDX of an image. Hosted.

#include <string>

#include "object/failure.hpp"
#include "object/progress.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

struct git_repository_options {
  bool bare = false;   // else in ".git" with an index, for a worktree that write_tree_files() writes beside it
  std::string branch;  // what HEAD names; empty: HEAD is detached
  unsigned threads = 0;
};

// blame::usage when git would not take `name` as that of a branch.
[[nodiscard]] outcome<void> check_branch_name(const std::string& name);

// Writes below the folder `root`, which holds nothing of these names. PACK and IDX are copied as they are, so first the
// whole image is verified: a repository takes its objects on trust. Tags that the image keeps (layout/tag_section.hpp)
// become references. Where the commit has parents the repository is
// shallow (`git help gitrepository-layout`, "shallow"). `from` was attached with paths_from::trees. `subject` and
// `target`: image and folder, printable, for messages.
[[nodiscard]] outcome<void> write_git_repository(const snapshot& from, int root, const git_repository_options& options,
                                                 const std::string& subject, const std::string& target,
                                                 progress& report);

}  // namespace docteur
