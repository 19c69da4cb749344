#pragma once
// Another tree than the commit's own: a part of it, submodules' content in it, Git LFS content for pointers. Hosted.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"
#include "source/remote/remote_address.hpp"

namespace docteur {

struct selection {
  std::string path;         // the folder that becomes the root, '/'-separated; empty: the root stays
  bool submodules = false;  // their content
  bool lfs = false;         // content instead of pointers, through `git lfs`
  unsigned threads = 0;     // 0: all cores
  // Where the commit was fetched from, and its submodules will be; nothing: it is of a local repository, and they are
  // looked for beside it.
  std::optional<remote_address> fetched_from;
  std::chrono::seconds timeout{60};  // as fetch_options has it

  [[nodiscard]] bool is_all() const { return path.empty() && !submodules && !lfs; }
};

// What is to be made of the commit of `from`: where the tree becomes another one, a commit without parents that says so
// and quotes it (source/selection/derived_commit.hpp), and without its tags; else `from` itself. Fails with
// blame::usage where `from` is a plain folder and a repository is needed.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> select_from(std::unique_ptr<commit_source> from,
                                                                  const selection& what, progress& report);

}  // namespace docteur
