#pragma once
// The text of a Git configuration file (git-config(1), "CONFIGURATION FILE", and git's config.c). Hosted.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"

namespace docteur {

struct config_entry {
  std::string name;  // "section.key" or "section.subsection.key"; lower case but for a quoted subsection
  std::optional<std::string> value;  // nullopt: the key stands alone, which means true
};

// Where the text comes from: git accepts a value whose last line ends with a backslash in a file, and refuses it in a
// blob (fsck, gitmodulesParse).
enum class config_origin { file, blob };

// Calls `visit` with each entry in the order of the text. An include is an entry like any other; no file is opened.
// Text that git refuses is blame::input, after `visit` got the entries before it; the message names the line.
[[nodiscard]] outcome<void> visit_config(std::string_view text, config_origin from,
                                         const std::function<void(config_entry)>& visit);

// All entries of a file.
[[nodiscard]] outcome<std::vector<config_entry>> parse_config(std::string_view text);

// The two last parts of "SECTION.SUBSECTION.KEY"; the subsection may contain dots.
struct config_key {
  std::string_view subsection, key;
};
// Splits `name`; returns nullopt if it is in another section or has no subsection. The result views `name`.
[[nodiscard]] std::optional<config_key> key_in(std::string_view section, std::string_view name);

// Whether a value means true (git-config(1), "boolean").
[[nodiscard]] bool is_true(const std::optional<std::string>& value);

}  // namespace docteur
