#pragma once
// Which references a short name may mean, in git's order (gitrevisions, "<refname>"). Hosted.

#include <array>
#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur {

struct reference_rule {
  std::string_view before, after;
  [[nodiscard]] std::string full(std::string_view name) const { return std::string(before).append(name).append(after); }
};

// git's refs.c, ref_rev_parse_rules.
inline constexpr std::array<reference_rule, 6> kReferenceRules{{{"", ""},
                                                                {"refs/", ""},
                                                                {"refs/tags/", ""},
                                                                {"refs/heads/", ""},
                                                                {"refs/remotes/", ""},
                                                                {"refs/remotes/", "/HEAD"}}};

// Whether git allows this full name (git-check-ref-format(1)).
[[nodiscard]] bool is_reference_name(const std::string& name);
// Whether each worktree has its own reference of this full name (git's is_per_worktree_ref()).
[[nodiscard]] bool is_of_worktree(std::string_view name);
// blame::usage for what cannot be a short name of a reference, such as HEAD~1.
[[nodiscard]] outcome<void> check_revision_name(const std::string& name);

}  // namespace docteur
