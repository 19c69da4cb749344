#pragma once
// One commit of a local repository: a worktree's top, a linked worktree, a bare repository; shallow ones too. Hosted.

#include <memory>
#include <string>

#include "object/progress.hpp"
#include "source/commit_source.hpp"
#include "source/git_handle.hpp"
#include "source/private_folder.hpp"

namespace docteur {

// The repository at `path` itself: folders above are not searched. Null when there is none, so that `path` may be a
// plain folder. A `.git` that is no repository is blame::input, as is one with SHA-256 ids.
[[nodiscard]] outcome<repository_handle> find_repository(const std::string& path);

struct repository_options {
  std::string reference;  // as resolve_revision() takes it
  unsigned threads = 0;   // 0: all cores
  // Where the repository was fetched to: it stays until the source is gone. Null: it is the user's.
  std::shared_ptr<const private_folder> temporary = nullptr;
};

// `path`: for messages.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_repository(repository_handle repository,
                                                                      const std::string& path,
                                                                      const repository_options& options,
                                                                      progress& report);

}  // namespace docteur
