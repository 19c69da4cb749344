#pragma once
// Walks the trees of a PACK in the order in which docteur-make lists them. Hosted. Nothing of the PACK is trusted.

#include <functional>
#include <string_view>

#include "host/pack_contents.hpp"
#include "object/progress.hpp"
#include "object/tree.hpp"

namespace docteur {

struct tree_order {
  // Called for each tree, once, with its first path, and for each file and link that a tree lists, in order.
  using visitor = std::function<void(std::string_view path, entry_kind kind, const oid& id)>;

  // Where the tree with this id is, or kNoPackEntry.
  std::function<std::uint32_t(const oid& id)> place_of;
  pack_contents& contents;
  hash_kind kind;

  // Walks the tree of the commit at `commit`. Returns the number of its paths, trees that are there several times
  // counted as often. Fails with blame::input if one is missing or malformed, or if there are more paths or folders in
  // folders than readers accept.
  [[nodiscard]] outcome<std::uint64_t> walk(std::uint32_t commit, const visitor& visit, const progress& report);
};

}  // namespace docteur
