#include "source/submodules.hpp"

#include <algorithm>
#include <filesystem>

#include "object/result.hpp"
#include "source/git_objects.hpp"
#include "source/printable.hpp"
#include "source/repository.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMostNested = 32;  // folders below `modules`: names may have slashes, and modules have modules

class local_modules {
 public:
  local_modules(const repository_place& of, unsigned threads, progress& report)
      : of_(of), threads_(threads), report_(report) {
    collect(fs::path(of.common_folder) / "modules", 0);
  }

  outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) const {
    for (const std::string& module : modules_) {
      DOCTEUR_TRY(source, open_if_there(module, commit));
      if (source) return source;
    }
    if (!of_.worktree.empty()) {
      DOCTEUR_TRY(source, open_if_there(of_.worktree + "/" + std::string(path), commit));
      if (source) return source;
    }
    const oid_hex hex = to_hex(commit);
    return give_up(blame::input, printable(path) + ": commit " + std::string(hex.begin(), hex.end()) +
                                     " of this submodule is not here (git submodule update --init --recursive)");
  }

 private:
  void collect(const fs::path& folder, unsigned depth) {
    std::error_code error;
    if (depth > kMostNested) return;
    std::vector<fs::path> inner;
    for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
      if (i->is_directory(error) && !i->is_symlink(error)) inner.push_back(i->path());
    std::sort(inner.begin(), inner.end());
    for (const fs::path& path : inner) {
      const bool is_repository = fs::exists(path / "HEAD", error) && fs::exists(path / "objects", error);
      if (is_repository) modules_.push_back(path.native());
      collect(is_repository ? path / "modules" : path, depth + 1);
    }
  }

  // Null when there is no repository, or it lacks the commit.
  outcome<std::unique_ptr<commit_source>> open_if_there(const std::string& path, const oid& commit) const {
    auto repository = find_repository(path);
    if (!repository || !*repository) return std::unique_ptr<commit_source>();
    DOCTEUR_TRY(objects, git_objects::open(objects_folder(repository->get())));
    const auto info = objects->info(commit);
    objects.reset();
    if (!info) return std::unique_ptr<commit_source>();
    const oid_hex hex = to_hex(commit);
    return open_repository(std::move(*repository), path, {std::string(hex.begin(), hex.end()), threads_}, report_);
  }

  repository_place of_;
  unsigned threads_;
  progress& report_;
  std::vector<std::string> modules_;
};

// All of them are in one place, however deep.
class local_finder final : public submodule_finder {
 public:
  explicit local_finder(std::shared_ptr<const local_modules> all) : all_(std::move(all)) {}

  outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) override {
    return all_->find(commit, path);
  }
  outcome<std::unique_ptr<submodule_finder>> inside(std::string_view, gitmodules_loader) override {
    return std::make_unique<local_finder>(all_);
  }

 private:
  std::shared_ptr<const local_modules> all_;
};

}  // namespace

std::unique_ptr<submodule_finder> local_submodules(const repository_place& of, unsigned threads, progress& report) {
  return std::make_unique<local_finder>(std::make_shared<const local_modules>(of, threads, report));
}

}  // namespace docteur
