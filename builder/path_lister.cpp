#include "builder/path_lister.hpp"

#include <algorithm>

namespace docteur {

path_lister::path_lister(const object_source& source, std::span<const idx_entry> entries, const progress& report)
    : source_(source), report_(report) {
  ids_.reserve(entries.size());
  for (const idx_entry& e : entries) ids_.push_back(e.id);
  std::ranges::sort(ids_);
  const auto objects = source.objects();
  for (std::size_t i = 0; i < objects.size() && objects[i].type != object_type::blob; ++i)
    trees_.emplace(objects[i].id, i);
}

// Walks the trees depth-first with a stack of open ones.
outcome<void> path_lister::run(const oid& root, const sink& out) {
  open_.clear();
  path_.clear();
  DOCTEUR_CHECK(enter(root, out));
  while (!open_.empty()) {
    frame& top = open_.back();
    path_.resize(top.path_size);
    if (top.rest->done()) {
      open_.pop_back();
      continue;
    }
    const auto e = top.rest->next();
    if (!e) return changed();
    if (!path_.empty()) path_ += '/';
    path_ += e->name;
    if (e->kind == entry_kind::directory) {
      DOCTEUR_CHECK(enter(e->id, out));
    } else {
      out(path_, e->kind, e->kind == entry_kind::submodule ? 0 : position(e->id), e->id);
    }
  }
  return {};
}

outcome<void> path_lister::enter(const oid& id, const sink& out) {
  if (report_.cancelled()) return give_up(blame::environment, "interrupted");
  const auto tree = trees_.find(id);
  if (tree == trees_.end()) return changed();
  out(path_, entry_kind::directory, position(id), id);
  frame& f = open_.emplace_back();
  DOCTEUR_CHECK(source_.read(tree->second, f.content));
  f.rest.emplace(f.content, source_.kind());
  f.path_size = path_.size();
  return {};
}

std::uint32_t path_lister::position(const oid& id) const {
  return static_cast<std::uint32_t>(std::ranges::lower_bound(ids_, id) - ids_.begin());
}

// The trees were valid when the objects of the source were listed.
tl::unexpected<failure> path_lister::changed() const {
  return give_up(blame::input, (path_.empty() ? "/" : path_) + ": changed while it was read");
}

}  // namespace docteur
