#pragma once
// The commits that docteur-make is asked for. Hosted.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "object/progress.hpp"
#include "source/open_versions.hpp"

namespace docteur::cli {

struct version_options {
  std::vector<std::string> branches;  // given and empty is a mistake, e.g. an unset variable of a script
  std::optional<std::string> default_version;
  std::optional<std::uint32_t> newest;
  std::optional<std::string> since;
};

// Adds --branch, --newest, --since and --default.
void add_version_options(command_line& app, version_options& to);

struct wanted_list {
  std::vector<wanted_version> all;  // at least one
  // One commit without a name is in the image without one: the same commit gives the same bytes, whatever it was asked
  // for by.
  bool are_named;
};

// What the options ask for, patterns replaced by what matches them. `fetched`: as expand_patterns() takes it. Fails as
// parse_wanted_version() and expand_patterns() do, and with blame::usage if an option does not fit the others.
[[nodiscard]] outcome<wanted_list> wanted_versions(const version_options& options, const location& where,
                                                   fetched_repository* fetched, progress& report);

// Moves the version named by --default to the front. Fails with blame::usage.
[[nodiscard]] outcome<void> choose_default(std::vector<named_source>& versions, const version_options& options);

}  // namespace docteur::cli
