#pragma once
// Where the content of submodules comes from: the repositories that git keeps beside the one they belong to. Hosted.

#include <memory>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "source/commit_source.hpp"

namespace docteur {

// A submodule's commit as a source. `path`: of its entry, for messages and for where a worktree has it. What fetches
// them from elsewhere is another one of these.
class submodule_finder {
 public:
  virtual ~submodule_finder() = default;
  [[nodiscard]] virtual outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) = 0;
};

// Of a local repository: `modules` in its folder (`git help gitrepository-layout`), those of submodules of submodules
// too, and worktrees with a repository of their own. The one that has the commit is taken, whatever its name: an id is
// its content's. Nothing of what the commit says of names and addresses (.gitmodules) is read or believed.
// `report` must outlive it.
[[nodiscard]] std::unique_ptr<submodule_finder> local_submodules(const repository_place& of, unsigned threads,
                                                                 progress& report);

}  // namespace docteur
