#pragma once
// Lists all paths below a root tree in Git's order. Hosted.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/id_map.hpp"
#include "verify/tree_index.hpp"

namespace docteur {

class tree_paths {
 public:
  struct path {
    std::string_view key;  // a directory's ends in '/', the root's is empty; valid until the next call of next()
    entry_kind kind;
    oid id;
    std::uint32_t entry;  // kNoEntry for a submodule
  };

  // Everything that `root` reaches must be in the PACK.
  tree_paths(const id_map& ids, const tree_index& trees, const oid& root) : ids_(ids), trees_(trees), root_(root) {}

  // Returns the next path; nullopt after the last.
  [[nodiscard]] std::optional<path> next() {
    if (!begun_) {
      begun_ = true;
      return enter(root_);
    }
    while (!open_.empty()) {
      frame& f = open_.back();
      if (f.next == f.of->count) {
        open_.pop_back();
        continue;
      }
      const tree_edge& e = f.of->edges[f.next++];
      key_.resize(f.key_size);
      key_.append(f.name, e.name_size);
      f.name += e.name_size;
      if (e.kind == entry_kind::directory) {
        key_ += '/';
        return enter(e.id);
      }
      return path{key_, e.kind, e.id, e.kind == entry_kind::submodule ? kNoEntry : entry_of(e.id)};
    }
    return std::nullopt;
  }

 private:
  struct frame {
    const tree_index::tree* of;
    const char* name;  // of the next edge, in tree_index
    std::size_t key_size;
    std::uint32_t next = 0;
  };

  [[nodiscard]] std::uint32_t entry_of(const oid& id) const {
    const auto named = ids_.find(id);
    return named.empty() ? kNoEntry : named.front().entry;
  }
  path enter(const oid& id) {
    const std::uint32_t entry = entry_of(id);
    if (const std::size_t t = trees_.find(entry); t != trees_.size())
      open_.push_back({&trees_[t], trees_[t].names, key_.size()});
    return {key_, entry_kind::directory, id, entry};
  }

  const id_map& ids_;
  const tree_index& trees_;
  oid root_;
  std::vector<frame> open_;
  std::string key_;
  bool begun_ = false;
};

}  // namespace docteur
