#pragma once
// What the trees of a PACK name, kept while objects are rebuilt so that no tree is built twice. Hosted.

#include <cstdint>
#include <string>
#include <vector>

#include "object/oid.hpp"
#include "object/tree.hpp"

namespace docteur {

struct tree_edge {
  oid id;
  entry_kind kind;
  std::uint16_t name_size;  // bytes; at most 65,535
};

// One thread's share; trees of one thread are one after the other in `edges`.
struct tree_edges {
  struct tree {
    std::uint32_t entry;  // of the tree, in scanned_pack
    std::uint32_t count;
    std::size_t first;       // in `edges`
    std::size_t first_name;  // in `names`
    std::uint64_t size;      // bytes of the tree
  };
  std::vector<tree> trees;
  std::vector<tree_edge> edges;
  std::string names;  // of all edges, one behind the other
};

}  // namespace docteur
