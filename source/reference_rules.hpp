#pragma once
// Which references a short name may mean, in git's order (gitrevisions, "<refname>"). Hosted.

#include <array>
#include <string>
#include <string_view>

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

}  // namespace docteur
