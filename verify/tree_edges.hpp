#pragma once
// The entries of all trees of a PACK, kept while objects are rebuilt, so that no tree is rebuilt later. Hosted.

#include <cstdint>
#include <string>
#include <vector>

#include "object/oid.hpp"
#include "object/tree.hpp"

namespace docteur {

struct tree_edge {
  oid id;
  entry_kind kind;
  std::uint16_t name_size;  // bytes of the name that are kept: at most 65,535
};

// The trees that one thread rebuilt; their edges are in `edges` one tree after the other.
struct tree_edges {
  struct tree {
    std::uint32_t entry;  // of the tree, index in scanned_pack::entries
    std::uint32_t count;
    std::size_t first;       // in `edges`
    std::size_t first_name;  // in `names`
    std::uint64_t size;      // bytes of the tree
  };
  std::vector<tree> trees;
  std::vector<tree_edge> edges;
  std::string names;  // of all edges, concatenated
};

}  // namespace docteur
