#pragma once
// All that a path tree holds, in the order of keys.

#include <string>
#include <vector>

#include "layout/path_tree.hpp"
#include "reader/node.hpp"

namespace docteur {

struct tree_key {
  std::string key;  // a directory's ends in '/', the root's is empty
  docteur::node node;
  bool is_directory;  // as the tree says
};

[[nodiscard]] inline std::vector<tree_key> keys_of(const path_tree& tree) {
  std::vector<tree_key> all;
  std::vector<char> room(tree.path_bytes() + 1);
  std::string from;
  while (const auto p = tree.lower_bound(from, room)) {
    all.push_back({std::string(room.data(), p->path_size), to_node(p->record), p->is_directory});
    from = all.back().key + '\1';
  }
  return all;
}

}  // namespace docteur
