#pragma once
// One commit of a local repository: a worktree's top, a linked worktree, a bare repository; shallow ones too. Hosted.

#include <memory>
#include <string>

#include "base/private_folder.hpp"
#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"
#include "source/repository/repository_folder.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {

class git_objects;

struct repository_options {
  std::string reference;  // as resolve_revision() takes it
  unsigned threads = 0;   // 0: all cores
  // The folder that the repository was fetched into; it stays until the source is gone. Null for a user's repository.
  std::shared_ptr<const private_folder> temporary = nullptr;
  // The part of the commit's tree that is listed and measured; select_from() makes a whole tree of it.
  tree_part part = {};
  // The repository's objects, if they are open already.
  std::shared_ptr<const git_objects> objects = nullptr;
};

// `path`: for messages.
[[nodiscard]] outcome<std::unique_ptr<commit_source>> open_repository(local_repository repository,
                                                                      const std::string& path,
                                                                      const repository_options& options,
                                                                      progress& report);

}  // namespace docteur
