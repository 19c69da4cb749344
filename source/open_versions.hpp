#pragma once
// Opens several commits of one repository. Hosted.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "source/open_source.hpp"
#include "source/versions/combined_source.hpp"

namespace docteur {

class fetched_repository;

struct wanted_version {
  std::string reference;  // as source_options::reference, or a pattern (source/repository/reference_list.hpp)
  std::string name;       // of the version; empty: that of the branch or tag, with '-' for '/'
};

// "REFERENCE" or "REFERENCE=NAME", as --branch takes it. Fails with blame::usage.
[[nodiscard]] outcome<wanted_version> parse_wanted_version(const std::string& text);

// What of the references that match a pattern is wanted.
struct pattern_bounds {
  std::optional<std::uint32_t> newest;  // so many of them
  std::optional<std::int64_t> since;    // seconds since 1970 UTC: those whose commits are not older
};

// Replaces each pattern by the references that match it, the newest first. Those that are wanted anyway are left out.
// `fetched`: of a repository on another machine, what open_versions() needs then. Fails as list_references() and
// fetched_repository::list() do, and with blame::usage if a pattern has a name.
[[nodiscard]] outcome<std::vector<wanted_version>> expand_patterns(std::vector<wanted_version> wanted,
                                                                   const location& where, const pattern_bounds& bounds,
                                                                   fetched_repository* fetched, progress& report);

// Opens each of `wanted` as open_source() does, with `options` but for the reference. `fetched`: of a repository on
// another machine, from which all come by one fetch.
[[nodiscard]] outcome<std::vector<named_source>> open_versions(const location& where, const source_options& options,
                                                               std::span<const wanted_version> wanted,
                                                               fetched_repository* fetched, progress& report);

}  // namespace docteur
