#pragma once
// Replaces a commit's tree: by one of its folders, with submodules' content in it, with Git LFS content for pointers.
// Hosted.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/remote_address.hpp"
#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

struct selection {
  std::string path;         // the folder that becomes the root, '/'-separated; empty: the root stays
  bool submodules = false;  // with their content
  bool lfs = false;         // content instead of pointers, through `git lfs`
  unsigned threads = 0;     // 0: all cores
  // The address that the commit was fetched from, and from which its submodules will be. nullopt for a local
  // repository, whose submodules are searched for beside it.
  std::optional<remote_address> fetched_from;
  std::chrono::seconds timeout{60};  // as in fetch_options

  [[nodiscard]] bool is_all() const { return path.empty() && !submodules && !lfs; }
};

// If the selection changes the tree of `from`, returns a commit without parents and tags that says so and quotes the
// original (source/selection/derived_commit.hpp); otherwise `from` itself. Fails with blame::usage if `from` is a plain
// folder and a repository is needed.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> select_from(std::unique_ptr<commit_source> from,
                                                                  const selection& what, progress& report);

}  // namespace docteur
