#include "source/selection.hpp"

#include <unordered_map>

#include "object/commit.hpp"
#include "source/composed_source.hpp"
#include "source/derived_commit.hpp"
#include "source/lfs.hpp"
#include "source/printable.hpp"
#include "source/submodules.hpp"
#include "source/tree_rewriter.hpp"

namespace docteur {
namespace {

constexpr unsigned kMostNestedSubmodules = 64;

std::string hex(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

class selecting {
 public:
  selecting(const selection& what, progress& report) : what_(what), report_(report) {}

  outcome<std::unique_ptr<commit_source>> run(std::unique_ptr<commit_source> from) {
    const auto place = from->repository();
    if ((what_.submodules || what_.lfs) && !place)
      return give_up(blame::usage, "--submodules and --lfs are for repositories, not for plain folders");
    std::vector<std::byte> original;
    DOCTEUR_CHECK(from->read(0, original));
    const auto head = parse_commit(original);
    if (!head) return give_up(blame::input, std::string("a malformed commit: ") + head.error().what);
    const oid id = from->objects().front().id;
    pool_.add_source(std::move(from));

    root_ = head->tree;
    if (!what_.path.empty()) DOCTEUR_CHECK(take_part());
    if (what_.submodules) DOCTEUR_CHECK(add_submodules(*place));
    if (what_.lfs) DOCTEUR_CHECK(replace_pointers(*place));
    if (root_ == head->tree) return pool_.take_first();
    DOCTEUR_TRY(commit, make_derived_commit(root_, id, as_text(original), changes_));
    DOCTEUR_TRY(made, compose_source(std::move(commit), std::move(pool_), report_));
    made->remark("the tree is not that of commit " + hex(id) + ", so the image holds a new commit that quotes it");
    return made;
  }

 private:
  outcome<void> take_part() {
    std::string_view rest = what_.path;
    std::string done;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('/'), rest.size());
      const std::string_view name = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (name.empty()) continue;
      DOCTEUR_TRY(content, pool_.read_tree(root_, done));
      done += (done.empty() ? "" : "/") + std::string(name);
      DOCTEUR_TRY(below, find_folder(content, name, done));
      root_ = below;
    }
    if (!done.empty()) changes_.push_back("its folder " + printable(done) + " is the root");
    return {};
  }

  static outcome<oid> find_folder(bytes tree, std::string_view name, const std::string& path) {
    for (tree_reader r(tree); !r.done();) {
      const auto e = r.next();
      if (!e) return give_up(blame::input, printable(path) + ": " + e.error().what);
      if (e->name != name) continue;
      if (e->kind == entry_kind::directory) return e->id;
      return give_up(blame::input, "--path: " + printable(path) +
                                       (e->kind == entry_kind::submodule ? ": is a submodule" : ": is no folder"));
    }
    return give_up(blame::input, "--path: " + printable(path) + ": no such folder in the commit");
  }

  outcome<void> add_submodules(const repository_place& place) {
    const auto finder = local_submodules(place, what_.threads, report_);
    DOCTEUR_TRY(root, with_submodules(root_, what_.path, *finder, 0));
    root_ = root;
    return {};
  }

  // `prefix`: where the tree lies in the worktree.
  outcome<oid> with_submodules(const oid& tree, const std::string& prefix, submodule_finder& finder, unsigned depth) {
    if (depth > kMostNestedSubmodules)
      return give_up(blame::input, printable(prefix) + ": submodules nested too deeply");
    return rewrite(tree, [&](const tree_entry& e, std::string_view path) -> outcome<std::optional<new_entry>> {
      if (e.kind != entry_kind::submodule) return std::nullopt;
      const std::string whole = prefix.empty() ? std::string(path) : prefix + "/" + std::string(path);
      DOCTEUR_TRY(source, finder.find(e.id, whole));
      std::vector<std::byte> content;
      DOCTEUR_CHECK(source->read(0, content));
      const auto head = parse_commit(content);
      if (!head) return give_up(blame::input, printable(whole) + ": a malformed commit");
      changes_.push_back("its submodule " + printable(whole) + " is a folder with the content of commit " + hex(e.id));
      pool_.add_source(std::move(source));
      DOCTEUR_TRY(inner, with_submodules(head->tree, whole, finder, depth + 1));
      return new_entry{entry_kind::directory, inner};
    });
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
                  DOCTEUR_TRY(blob, lfs.fetch(content, its_own.value_or(place), path));
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
  std::vector<std::string> changes_;
};

}  // namespace

outcome<std::unique_ptr<commit_source>> select_from(std::unique_ptr<commit_source> from, const selection& what,
                                                    progress& report) {
  if (what.is_all()) return from;
  return selecting(what, report).run(std::move(from));
}

}  // namespace docteur
