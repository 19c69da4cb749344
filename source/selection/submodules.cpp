#include "source/selection/submodules.hpp"

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "object/result.hpp"
#include "source/repository/module_index.hpp"
#include "source/repository/repository.hpp"

namespace docteur {
namespace {

class local_modules {
 public:
  local_modules(const repository_place& of, unsigned threads, progress& report)
      : index_(of), of_(of), threads_(threads), report_(report) {}

  outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) {
    std::optional<failure> first;  // why a repository that may have the commit could not be read
    const auto open = [&](module_repository& m) -> std::unique_ptr<commit_source> {
      auto source = open_if_there(m, commit);
      if (source) return std::move(*source);
      if (!first) first = std::move(source.error());
      return nullptr;
    };
    DOCTEUR_TRY(likely, index_.likely(commit, path));
    for (module_repository* const m : likely)
      if (auto source = open(*m)) return source;
    if (!of_.worktree.empty()) {
      module_repository beside{of_.worktree + "/" + std::string(path)};
      if (auto source = open(beside)) return source;
    }
    for (module_repository& m : index_.all())
      if (auto source = open(m)) return source;
    const std::string what = printable(path) + ": commit " + hex_text(commit) + " of this submodule";
    if (first)
      return give_up(first->who, what + " was not found, but not all repositories could be read: " + first->message);
    return give_up(blame::input, what + " is not here (git submodule update --init --recursive)");
  }

 private:
  // Null if there is no repository, or it does not have the commit.
  outcome<std::unique_ptr<commit_source>> open_if_there(module_repository& module, const oid& commit) const {
    DOCTEUR_TRY(objects, module.objects());
    if (!objects) return nullptr;
    const std::string id = hex_text(commit);
    if (const auto info = objects->info(commit); !info) {
      if (info.error().missing) return nullptr;
      return give_up(info.error().who, printable(module.path()) + ": object " + id + " " + info.error().why);
    }
    return open_repository(module.repository(), module.path(), {id, threads_, nullptr, {}, std::move(objects)},
                           report_);
  }

  module_index index_;
  repository_place of_;
  unsigned threads_;
  progress& report_;
};

// All submodules are in one place, however deeply nested.
class local_finder final : public submodule_finder {
 public:
  explicit local_finder(std::shared_ptr<local_modules> all) : all_(std::move(all)) {}

  outcome<std::unique_ptr<commit_source>> find(const oid& commit, std::string_view path) override {
    return all_->find(commit, path);
  }
  outcome<std::unique_ptr<submodule_finder>> inside(std::string_view, gitmodules_loader) override {
    return std::make_unique<local_finder>(all_);
  }

 private:
  std::shared_ptr<local_modules> all_;
};

}  // namespace

std::unique_ptr<submodule_finder> local_submodules(const repository_place& of, unsigned threads, progress& report) {
  return std::make_unique<local_finder>(std::make_shared<local_modules>(of, threads, report));
}

}  // namespace docteur
