#include "source/repository/module_index.hpp"

#include <algorithm>
#include <filesystem>

#include "base/printable.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMostNested = 32;  // folders below `modules`: names may have slashes, and modules have modules

}  // namespace

const outcome<std::optional<local_repository>>& module_repository::look() {
  if (!found_) found_ = find_repository(path_);
  return *found_;
}

outcome<std::shared_ptr<const git_objects>> module_repository::objects() {
  if (objects_) return objects_;
  const auto& found = look();
  if (!found) return tl::unexpected<failure>(found.error());
  if (!*found) return nullptr;
  DOCTEUR_TRY(opened, git_objects::open((*found)->objects(), (*found)->kind));
  objects_ = std::move(opened);
  return objects_;
}

outcome<std::vector<module_repository*>> module_index::likely(const oid& commit, std::string_view path) {
  if (!built_) DOCTEUR_CHECK(build());
  std::vector<module_repository*> all;
  if (const auto m = by_commit_.find(commit); m != by_commit_.end()) all.push_back(m->second);
  if (const auto m = by_path_.find(std::string(path)); m != by_path_.end()) all.push_back(m->second);
  return all;
}

outcome<void> module_index::build() {
  built_ = true;
  DOCTEUR_CHECK(collect(of_.common_folder + "/modules", 0));
  if (of_.folder != of_.common_folder) DOCTEUR_CHECK(collect(of_.folder + "/modules", 0));
  const fs::path top = of_.worktree.empty() ? fs::path(of_.common_folder).parent_path() : fs::path(of_.worktree);
  for (module_repository& m : modules_) add(m, top.native());
  return {};
}

outcome<void> module_index::collect(const std::string& folder, unsigned depth) {
  if (depth > kMostNested) return {};
  std::vector<std::string> inner;
  std::error_code error;
  fs::directory_iterator i(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return {};
  for (const fs::directory_iterator end; !error && i != end; i.increment(error))
    if (fs::symlink_status(i->path(), error).type() == fs::file_type::directory) inner.push_back(i->path().native());
  if (error) return give_up(blame::environment, printable(folder) + ": " + error.message());
  std::ranges::sort(inner);
  for (const std::string& path : inner) {
    const bool is_repository = fs::exists(path + "/HEAD", error) && fs::exists(path + "/objects", error);
    if (error) return give_up(blame::environment, printable(path) + ": " + error.message());
    if (is_repository) modules_.emplace_back(path);
    DOCTEUR_CHECK(collect(is_repository ? path + "/modules" : path, depth + 1));
  }
  return {};
}

// `top`: of the worktree of the outermost repository.
void module_index::add(module_repository& module, const std::string& top) {
  const auto& found = module.look();
  if (!found || !*found) return;  // reported when it is opened
  const std::string head = "HEAD";
  const auto value = (*found)->references()->read({&head, 1});
  if (value && value->front() && value->front()->id) by_commit_.emplace(*value->front()->id, &module);
  // If the worktree is gone, this is where it was.
  const std::string place = fs::path((*found)->expected_worktree).lexically_normal().lexically_relative(top).native();
  if (!place.empty()) by_path_.emplace(place, &module);
}

}  // namespace docteur
