#pragma once
// The text of a Git configuration file (git-config(1), "CONFIGURATION FILE", and git's config.c). Hosted.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"

namespace docteur {

struct config_entry {
  std::string name;  // "section.key" or "section.subsection.key"; lower case but for a quoted subsection
  std::optional<std::string> value;  // nothing: the key stands alone, which means true
};

// Entries in the order of the text. An include is an entry as any other: no file is opened. What git refuses is
// blame::input; the message says which line.
[[nodiscard]] outcome<std::vector<config_entry>> parse_config(std::string_view text);

// Whether a value means true (git-config(1), "boolean").
[[nodiscard]] bool is_true(const std::optional<std::string>& value);

}  // namespace docteur
