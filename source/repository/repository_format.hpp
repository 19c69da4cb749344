#pragma once
// A repository's format, from its configuration (gitrepository-layout(5), git-config(1), "extensions"). Hosted.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config_text.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::size_t kMostConfig = std::size_t{1} << 24;  // bytes of a configuration file

struct repository_format {
  bool is_partial = false;       // a partial clone
  bool worktree_config = false;  // there is a config.worktree
  bool is_bare = false;
  hash_kind kind = hash_kind::sha1;  // extensions.objectFormat
  bool has_reftables = false;        // extensions.refStorage: "reftable", not "files"
  std::string worktree;              // core.worktree; empty: not set
};

// The entries of the file at `path`, `shown` in messages; none if there is no file. Includes are not followed, as in
// git when it reads a repository's format.
[[nodiscard]] outcome<std::vector<config_entry>> read_config(const std::string& path, const std::string& shown);

// Fails with blame::input for an unknown version or extension, for ids of an unknown hash and for references stored
// neither in files nor as reftables. Messages continue the repository's name.
[[nodiscard]] outcome<repository_format> repository_format_of(std::span<const config_entry> config);

// Takes core.bare and core.worktree from `config`, if it has them: first from the repository's configuration, then from
// config.worktree, which overrides it.
void take_worktree(std::span<const config_entry> config, repository_format& format);

}  // namespace docteur
