#pragma once
// Finds the trees of a PACK that were rebuilt, by their entries. Hosted.

#include <algorithm>
#include <vector>

#include "verify/tree_edges.hpp"

namespace docteur {

class tree_index {
 public:
  struct tree {
    std::uint32_t entry;  // index in scanned_pack::entries
    std::uint32_t count;
    const tree_edge* edges;
    const char* names;
    std::uint64_t size;  // bytes
  };

  explicit tree_index(std::vector<tree_edges> shares) : shares_(std::move(shares)) {
    for (const tree_edges& s : shares_)
      for (const tree_edges::tree& t : s.trees)
        trees_.push_back({t.entry, t.count, s.edges.data() + t.first, s.names.data() + t.first_name, t.size});
    std::ranges::sort(trees_, {}, &tree::entry);
  }
  tree_index(const tree_index&) = delete;  // trees_ points into shares_
  tree_index& operator=(const tree_index&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return trees_.size(); }
  [[nodiscard]] const tree& operator[](std::size_t i) const noexcept { return trees_[i]; }
  // Returns the index of the tree of an entry; size() if the entry is not a tree or was not rebuilt.
  [[nodiscard]] std::size_t find(std::uint32_t entry) const {
    const auto t = std::ranges::lower_bound(trees_, entry, {}, &tree::entry);
    return t != trees_.end() && t->entry == entry ? static_cast<std::size_t>(t - trees_.begin()) : trees_.size();
  }

 private:
  std::vector<tree_edges> shares_;
  std::vector<tree> trees_;
};

}  // namespace docteur
