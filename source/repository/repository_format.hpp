#pragma once
// What a repository says of its own format (gitrepository-layout(5), git-config(1), "extensions"). Hosted.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config_text.hpp"
#include "object/failure.hpp"

namespace docteur {

inline constexpr std::size_t kMostConfig = std::size_t{1} << 24;  // bytes of a configuration file

struct repository_format {
  bool is_partial = false;       // a partial clone
  bool worktree_config = false;  // there is a config.worktree
  bool is_bare = false;
  std::string worktree;  // core.worktree; empty: not said
};

// The entries of the file `path`, `shown` in messages. No file: no entries. Includes are not followed: git takes none
// for what a repository says of its format.
[[nodiscard]] outcome<std::vector<config_entry>> read_config(const std::string& path, const std::string& shown);

// Fails with blame::input for a version or an extension that is not known, for ids that are no SHA-1 and references
// that are not in files; messages continue those of the repository.
[[nodiscard]] outcome<repository_format> repository_format_of(std::span<const config_entry> config);

// Takes core.bare and core.worktree from `config`, where it has them: from the repository's own configuration, or from
// config.worktree, which comes after it.
void take_worktree(std::span<const config_entry> config, repository_format& format);

}  // namespace docteur
