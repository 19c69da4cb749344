#include "source/selection/selection.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "object/commit.hpp"
#include "source/selection/composed_source.hpp"
#include "source/selection/derived_commit.hpp"
#include "source/selection/fetched_submodules.hpp"
#include "source/selection/gitmodules.hpp"
#include "source/selection/lfs.hpp"
#include "source/selection/submodules.hpp"
#include "source/selection/tree_rewriter.hpp"

namespace docteur {
namespace {

constexpr unsigned kMostNestedSubmodules = 64;
// Every occurrence counts: a few repositories can contain one another in ever more places.
constexpr unsigned kMostSubmodules = 1u << 14;

class selecting {
 public:
  selecting(const selection& what, progress& report) : what_(what), report_(report) {}

  outcome<std::unique_ptr<commit_source>> run(std::unique_ptr<commit_source> from) {
    const auto place = from->repository();
    if ((what_.submodules || what_.lfs) && !place)
      return give_up(blame::usage, "--submodules and --lfs are for repositories, not for plain folders");
    std::vector<std::byte> original;
    DOCTEUR_CHECK(from->read(0, original));
    const auto head = parse_commit(original, from->kind());
    if (!head) return give_up(blame::input, std::string("a malformed commit: ") + head.error().what);
    const oid id = from->commit().id;
    const std::string reference = from->reference();
    pool_.add_source(std::move(from));

    root_ = head->tree;
    if (!what_.path.empty()) DOCTEUR_CHECK(take_part());
    if (what_.submodules) DOCTEUR_CHECK(add_submodules(*place, head->tree));
    if (what_.lfs) DOCTEUR_CHECK(replace_pointers(*place));
    if (root_ == head->tree) return pool_.take_first();
    DOCTEUR_TRY(commit, make_derived_commit(root_, id, as_text(original), changes_));
    DOCTEUR_TRY(made, compose_source(std::move(commit), id.kind(), std::move(pool_), report_));
    made->set_reference(reference);
    made->remark("the tree is not that of commit " + hex_text(id) +
                 ", so the image contains a new commit that quotes it");
    return made;
  }

 private:
  outcome<void> take_part() {
    DOCTEUR_TRY(path, folder_path(what_.path));
    DOCTEUR_TRY(folder,
                find_folder(root_, path, [&](const oid& id, std::string_view at) { return pool_.read_tree(id, at); }));
    root_ = folder;
    if (!path.empty()) changes_.push_back("its folder " + printable(path) + " is the root");
    prefix_ = std::move(path);
    return {};
  }

  // `tree`: the commit's own.
  outcome<void> add_submodules(const repository_place& place, const oid& tree) {
    const auto finder = what_.fetched_from ? fetched_submodules(*what_.fetched_from, gitmodules_of(tree), what_.timeout,
                                                                what_.threads, report_)
                                           : local_submodules(place, what_.threads, report_);
    DOCTEUR_TRY(root, with_submodules(root_, prefix_, *finder, 0));
    root_ = root;
    return {};
  }

  // `prefix`: the tree's path in the worktree.
  outcome<oid> with_submodules(const oid& tree, const std::string& prefix, submodule_finder& finder, unsigned depth) {
    if (depth > kMostNestedSubmodules)
      return give_up(blame::input, printable(prefix) + ": submodules nested too deeply");
    return rewrite(tree, [&](const tree_entry& e, std::string_view path) -> outcome<std::optional<new_entry>> {
      if (e.kind != entry_kind::submodule) return std::nullopt;
      const std::string whole = prefix.empty() ? std::string(path) : prefix + "/" + std::string(path);
      if (++submodules_ > kMostSubmodules)
        return give_up(blame::input,
                       printable(whole) + ": more than " + std::to_string(kMostSubmodules) + " submodules");
      DOCTEUR_TRY(its_tree, add_submodule(e.id, whole, finder));
      changes_.push_back("its submodule " + printable(whole) + " is a folder with the content of commit " +
                         hex_text(e.id));
      DOCTEUR_TRY(its_own, finder.inside(whole, gitmodules_of(its_tree)));
      DOCTEUR_TRY(inner, with_submodules(its_tree, whole, *its_own, depth + 1));
      return new_entry{entry_kind::directory, inner};
    });
  }

  // Returns the tree of a submodule's commit, with all it reaches in the pool; a commit used in two places is added
  // once.
  outcome<oid> add_submodule(const oid& commit, const std::string& path, submodule_finder& finder) {
    std::vector<std::byte> content;
    const object_pool::place* const known = pool_.find(commit);
    if (known != nullptr && known->type == object_type::commit) {
      DOCTEUR_CHECK(pool_.read(commit, content));
    } else {
      DOCTEUR_TRY(source, finder.find(commit, path));
      DOCTEUR_CHECK(source->read(0, content));
      pool_.add_source(std::move(source));
    }
    const auto head = parse_commit(content, commit.kind());
    if (!head) return give_up(blame::input, printable(path) + ": a malformed commit");
    return head->tree;
  }

  gitmodules_loader gitmodules_of(const oid& tree) {
    return [this, tree]() -> outcome<std::vector<std::byte>> {
      std::vector<std::byte> content;
      DOCTEUR_TRY(names, pool_.read_tree(tree, ""));
      for (tree_reader r(names, tree.kind()); !r.done();) {
        const auto e = r.next();
        if (!e) return give_up(blame::input, e.error().what);
        if (e->name != ".gitmodules") continue;
        const object_pool::place* const where = pool_.find(e->id);
        const bool is_file = e->kind == entry_kind::file || e->kind == entry_kind::executable;
        // As in git, a symbolic link does not count.
        if (!is_file || where == nullptr || where->type != object_type::blob)
          return give_up(blame::input, "is no file");
        if (where->size > kMostGitmodules)
          return give_up(blame::input, "is larger than " + std::to_string(kMostGitmodules) + " bytes");
        DOCTEUR_CHECK(pool_.read(e->id, content));
      }
      return content;
    };
  }

  outcome<void> replace_pointers(const repository_place& place) {
    DOCTEUR_TRY(lfs, lfs_content::create(report_));
    std::unordered_map<oid, oid, oid_hash> done;
    std::uint64_t found = 0;
    std::vector<std::byte> content;
    DOCTEUR_TRY(root,
                rewrite(root_, [&](const tree_entry& e, std::string_view path) -> outcome<std::optional<new_entry>> {
                  if (e.kind != entry_kind::file && e.kind != entry_kind::executable) return std::nullopt;
                  if (const auto known = done.find(e.id); known != done.end()) return new_entry{e.kind, known->second};
                  const object_pool::place* const where = pool_.find(e.id);
                  if (where == nullptr || where->size >= kLfsPointerBound) return std::nullopt;
                  DOCTEUR_CHECK(pool_.read(e.id, content));
                  if (!is_lfs_pointer(content)) return std::nullopt;
                  const auto its_own = pool_.sources()[where->holder]->repository();
                  DOCTEUR_TRY(blob, lfs.fetch(content, its_own.value_or(place), path, e.id.kind()));
                  pool_.add_blob(blob.id, lfs.file(), blob.at, blob.size);
                  done.emplace(e.id, blob.id);
                  ++found;
                  return new_entry{e.kind, blob.id};
                }));
    root_ = root;
    if (found > 0)
      changes_.push_back("instead of " + std::to_string(found) +
                         " Git LFS pointers there is the content that they name by SHA-256");
    return {};
  }

  outcome<oid> rewrite(const oid& tree, const entry_editor& edit) {
    const tree_loader load = [&](const oid& id, std::string_view path) -> outcome<std::vector<std::byte>> {
      if (report_.cancelled()) return give_up(blame::environment, "interrupted");
      return pool_.read_tree(id, path);
    };
    DOCTEUR_TRY(made, rewrite_trees(tree, load, edit));
    for (auto& [id, content] : made.trees) pool_.add_tree(id, std::move(content));
    return made.root;
  }

  const selection& what_;
  progress& report_;
  object_pool pool_;
  oid root_;
  std::string prefix_;  // where root_ is in the worktree
  unsigned submodules_ = 0;
  std::vector<std::string> changes_;
};

}  // namespace

outcome<std::unique_ptr<commit_source>> select_from(std::unique_ptr<commit_source> from, const selection& what,
                                                    progress& report) {
  if (what.is_all()) return from;
  return selecting(what, report).run(std::move(from));
}

}  // namespace docteur
