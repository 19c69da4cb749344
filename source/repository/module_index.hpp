#pragma once
// The repositories of submodules that git keeps in `modules` of their superproject (gitrepository-layout(5)). Hosted,
// POSIX.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/oid_hash.hpp"
#include "source/objects/git_objects.hpp"
#include "source/repository/repository_folder.hpp"

namespace docteur {

// One of them, examined on first use and opened once.
class module_repository {
 public:
  explicit module_repository(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  // The answer of find_repository(), kept.
  [[nodiscard]] const outcome<std::optional<local_repository>>& look();
  // Only if there is a repository.
  [[nodiscard]] const local_repository& repository() { return **look(); }
  // Null if there is no repository.
  [[nodiscard]] outcome<std::shared_ptr<const git_objects>> objects();

 private:
  std::string path_;
  std::optional<outcome<std::optional<local_repository>>> found_;
  std::shared_ptr<const git_objects> objects_;
};

// The work grows with the number of modules, not with its square: what is checked out in a module, and where its
// worktree is, usually identify the module with a submodule's content.
class module_index {
 public:
  explicit module_index(repository_place of) : of_(std::move(of)) {}

  // The modules that should have the commit of the submodule at `path` in the worktree. Fails if `modules` cannot be
  // listed.
  [[nodiscard]] outcome<std::vector<module_repository*>> likely(const oid& commit, std::string_view path);
  // All modules, by path, once likely() was called.
  [[nodiscard]] std::deque<module_repository>& all() { return modules_; }

 private:
  outcome<void> build();
  outcome<void> collect(const std::string& folder, unsigned depth);
  void add(module_repository& module, const std::string& top);

  repository_place of_;
  bool built_ = false;
  std::deque<module_repository> modules_;
  std::unordered_map<oid, module_repository*, oid_hash> by_commit_;
  std::unordered_map<std::string, module_repository*> by_path_;
};

}  // namespace docteur
