#pragma once
// New trees from old ones, where some of their entries become others. Hosted.

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/oid_hash.hpp"
#include "object/tree.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {

// What an entry becomes; its name stays.
struct new_entry {
  entry_kind kind;
  oid id;
};
// Asked for each entry that is no folder; `path`: from the root. nullopt: it stays as it is.
using entry_editor = std::function<outcome<std::optional<new_entry>>(const tree_entry& entry, std::string_view path)>;

struct rewritten_trees {
  oid root;
  std::unordered_map<oid, std::vector<std::byte>, oid_hash> trees;  // those that are new
};

// All trees below `root`, each once: what `edit` makes of an entry must not depend on which of its paths it is asked
// for. Trees in which nothing changes stay as they are, byte by byte. A folder that an entry becomes is not gone into.
[[nodiscard]] outcome<rewritten_trees> rewrite_trees(const oid& root, const tree_loader& load,
                                                     const entry_editor& edit);

}  // namespace docteur
