#pragma once
// Lists the references that match a pattern, by the program git (git-for-each-ref(1)): it knows every way of storing
// them. Hosted.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"
#include "object/progress.hpp"
#include "source/repository/repository_folder.hpp"

namespace docteur {

struct listed_reference {
  std::string name;   // full
  std::int64_t date;  // of the commit that it leads to, seconds since 1970 UTC; 0 if git does not say
};

// Whether a name is a pattern: it has one of "*?[", which no reference has, and nothing else that no reference has
// (git-check-ref-format(1)).
[[nodiscard]] bool is_reference_pattern(std::string_view name) noexcept;

// The references that match `pattern`, the newest first, those of one date by name. A pattern that does not begin with
// "refs/" is one of branches and of tags. References to files and trees are left out. Fails with blame::environment if
// git cannot be run, with blame::input if it fails or nothing matches.
[[nodiscard]] outcome<std::vector<listed_reference>> list_references(const local_repository& of,
                                                                     const std::string& pattern,
                                                                     const progress& report);

}  // namespace docteur
