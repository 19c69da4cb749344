#pragma once
// A Git repository around the PACK and the IDX of an image. Hosted.

#include <string>

#include "object/failure.hpp"
#include "object/progress.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

struct git_repository_options {
  bool bare = false;   // otherwise in ".git", with an index for the worktree that write_tree_files() writes beside it
  std::string branch;  // the branch that HEAD names; empty: HEAD is detached
  unsigned threads = 0;
};

// blame::usage if git would not accept `name` for a branch.
[[nodiscard]] outcome<void> check_branch_name(const std::string& name);

// Writes below the folder `root`, in which none of these names may exist. PACK and IDX are copied as they are, so the
// whole image is verified first: git trusts the objects of a repository. Tags in the image (layout/tag_section.hpp)
// become references. If the commit has parents, the repository is shallow (`git help gitrepository-layout`, "shallow").
// `from` must have been attached with paths_from::trees. `subject` and `target`: image and folder, printable, for
// messages.
[[nodiscard]] outcome<void> write_git_repository(const snapshot& from, int root, const git_repository_options& options,
                                                 const std::string& subject, const std::string& target,
                                                 progress& report);

}  // namespace docteur
