#pragma once
// Makes new trees from old ones by replacing entries. Hosted.

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/oid_hash.hpp"
#include "object/tree.hpp"
#include "source/repository/tree_listing.hpp"

namespace docteur {

// The replacement of an entry; its name stays.
struct new_entry {
  entry_kind kind;
  oid id;
};
// Called for each entry that is not a folder. `path`: from the root. nullopt: the entry stays.
using entry_editor = std::function<outcome<std::optional<new_entry>>(const tree_entry& entry, std::string_view path)>;

struct rewritten_trees {
  oid root;
  std::unordered_map<oid, std::vector<std::byte>, oid_hash> trees;  // the new ones
};

// Rewrites all trees below `root`, each once, so the answer of `edit` must not depend on which of an entry's paths it
// gets. Trees without a change stay as they are, byte for byte. A folder that replaces an entry is not entered.
[[nodiscard]] outcome<rewritten_trees> rewrite_trees(const oid& root, const tree_loader& load,
                                                     const entry_editor& edit);

}  // namespace docteur
