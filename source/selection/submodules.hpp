#pragma once
// Where the content of submodules comes from: the repositories that git keeps beside the one they belong to, or others
// (source/selection/fetched_submodules.hpp). Hosted.

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

// The content of .gitmodules of one commit; none is no bytes.
using gitmodules_loader = std::function<outcome<std::vector<std::byte>>()>;

// Who finds the submodules of one commit. `path`: of a submodule's entry in the worktree of the outermost repository.
class submodule_finder {
 public:
  virtual ~submodule_finder() = default;
  // The submodule's commit as a source.
  [[nodiscard]] virtual outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) = 0;
  // Who finds the submodules of that submodule, whose commit has this .gitmodules.
  [[nodiscard]] virtual outcome<std::unique_ptr<submodule_finder>> inside(std::string_view path,
                                                                          gitmodules_loader gitmodules) = 0;
};

// Of a local repository: `modules` in its folder (`git help gitrepository-layout`), those of submodules of submodules
// too, and worktrees with a repository of their own. The one that has the commit is taken, whatever its name: an id is
// its content's. Nothing of what the commit says of names and addresses (.gitmodules) is read or believed.
// `report` must outlive it.
[[nodiscard]] std::unique_ptr<submodule_finder> local_submodules(const repository_place& of, unsigned threads,
                                                                 progress& report);

}  // namespace docteur
