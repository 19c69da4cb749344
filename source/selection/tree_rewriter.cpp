#include "source/selection/tree_rewriter.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/printable.hpp"
#include "object/hasher.hpp"
#include "source/objects/commit_source.hpp"

namespace docteur {
namespace {

class rewriter {
 public:
  rewriter(const tree_loader& load, const entry_editor& edit) : load_(load), edit_(edit) {}

  outcome<rewritten_trees> run(const oid& root) {
    DOCTEUR_TRY(id, rewrite(root, 0));
    result_.root = id;
    return std::move(result_);
  }

 private:
  struct item {
    std::string mode;  // as written
    std::string_view name;
    bool is_directory;
    oid id;
  };

  outcome<oid> rewrite(const oid& id, unsigned depth) {
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    if (depth > kMaxTreeDepth) return give_up(blame::input, printable(path_) + ": folders are nested too deeply");
    DOCTEUR_TRY(content, load_(id, path_));
    std::vector<item> items;
    bool changed = false;
    const std::size_t here = path_.size();
    std::size_t begin = 0;  // of the entry in `content`
    for (tree_reader r(content, id.kind()); !r.done();) {
      const auto e = r.next();
      if (!e) return give_up(blame::input, (path_.empty() ? "/" : printable(path_)) + ": " + e.error().what);
      const auto name_at = static_cast<std::size_t>(e->name.data() - as_text(content).data());
      item i{std::string(as_text(content).substr(begin, name_at - 1 - begin)), e->name,
             e->kind == entry_kind::directory, e->id};
      begin = name_at + e->name.size() + 1 + id.view().size();
      if (here > 0) path_ += '/';
      path_ += e->name;
      if (i.is_directory) {
        DOCTEUR_TRY(below, rewrite(e->id, depth + 1));
        i.id = below;
      } else {
        DOCTEUR_TRY(edited, edit_(*e, path_));
        if (edited) i = {mode_text(edited->kind), e->name, edited->kind == entry_kind::directory, edited->id};
      }
      changed = changed || i.id != e->id || i.is_directory != (e->kind == entry_kind::directory);
      items.push_back(std::move(i));
      path_.resize(here);
    }
    const oid made = changed ? put(id.kind(), std::move(items)) : id;
    known_.emplace(id, made);
    return made;
  }

  oid put(hash_kind kind, std::vector<item> items) {
    // Entries that became folders sort differently.
    std::ranges::sort(items, [](const item& a, const item& b) {
      return compare_tree_names(a.name, a.is_directory, b.name, b.is_directory) < 0;
    });
    std::vector<std::byte> content;
    const auto add = [&](bytes b) { content.insert(content.end(), b.begin(), b.end()); };
    for (const item& i : items) {
      add(as_bytes(i.mode + " "));
      add(as_bytes(i.name));
      content.push_back(std::byte{0});
      add(i.id.view());
    }
    const oid id = object_id(kind, object_type::tree, content);
    result_.trees.emplace(id, std::move(content));
    return id;
  }

  static std::string mode_text(entry_kind kind) {
    std::array<char, 12> text{};
    std::snprintf(text.data(), text.size(), "%o", canonical_mode(kind));
    return text.data();
  }

  const tree_loader& load_;
  const entry_editor& edit_;
  std::string path_;
  std::unordered_map<oid, oid, oid_hash> known_;  // old trees and their replacements
  rewritten_trees result_;
};

}  // namespace

outcome<rewritten_trees> rewrite_trees(const oid& root, const tree_loader& load, const entry_editor& edit) {
  return rewriter(load, edit).run(root);
}

}  // namespace docteur
