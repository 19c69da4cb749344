#pragma once
// Tables of references that complement each other (Git's Documentation/technical/reftable, "Layout"). Hosted, POSIX.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/repository/references.hpp"

namespace docteur {

// The names in a `tables.list`, oldest table first: one a line, each once, all in the same folder. Failures are
// blame::input and continue "tables.list: ...".
[[nodiscard]] outcome<std::vector<std::string>> parse_table_list(std::string_view text);

// The values of `names`, in their order, in the tables of `folder`: the newest table that has a name decides. nullopt
// for a reference that is in no table or was deleted. All tables are read and checked to their ends, as packed-refs is:
// a damaged table proves no absence. If a table vanished since the list was read (git merges tables), the list is read
// again, ten times at most. Failures name the file relative to the folder above ("reftable/tables.list: ...").
[[nodiscard]] outcome<std::vector<std::optional<reference_value>>> read_reftables(const std::string& folder,
                                                                                  hash_kind kind,
                                                                                  std::span<const std::string> names);

}  // namespace docteur
