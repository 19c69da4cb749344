#pragma once
// Opens several commits of one repository. Hosted.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "object/progress.hpp"
#include "source/open_source.hpp"
#include "source/versions/combined_source.hpp"

namespace docteur {

struct wanted_version {
  std::string reference;  // as source_options::reference
  std::string name;       // of the version; empty: that of the branch or tag, with '-' for '/'
};

// "REFERENCE" or "REFERENCE=NAME", as --branch takes it. Fails with blame::usage.
[[nodiscard]] outcome<wanted_version> parse_wanted_version(const std::string& text);

// Opens each of `wanted` as open_source() does, with `options` but for the reference, in a remote repository too.
[[nodiscard]] outcome<std::vector<named_source>> open_versions(const location& where, const source_options& options,
                                                               std::span<const wanted_version> wanted,
                                                               progress& report);

}  // namespace docteur
