#pragma once
// Finds the content of submodules: in the repositories that git keeps beside their superproject, or elsewhere
// (source/selection/fetched_submodules.hpp). Hosted.

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "object/progress.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {

// Returns the content of one commit's .gitmodules; empty if there is none.
using gitmodules_loader = std::function<outcome<std::vector<std::byte>>()>;

// Finds the submodules of one commit. `path`: of a submodule's entry in the worktree of the outermost repository.
class submodule_finder {
 public:
  virtual ~submodule_finder() = default;
  // Returns the submodule's commit as a source.
  [[nodiscard]] virtual outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) = 0;
  // Returns a finder for the submodules of that submodule, whose commit has this .gitmodules.
  [[nodiscard]] virtual outcome<std::unique_ptr<submodule_finder>> inside(std::string_view path,
                                                                          gitmodules_loader gitmodules) = 0;
};

// For a local repository: searches `modules` in its folder (`git help gitrepository-layout`), nested ones too, and
// worktrees with a repository of their own. The repository that has the commit is used, whatever its name, as an id
// identifies its content. The names and addresses in .gitmodules are not read. `report` must outlive it.
[[nodiscard]] std::unique_ptr<submodule_finder> local_submodules(const repository_place& of, unsigned threads,
                                                                 progress& report);

}  // namespace docteur
