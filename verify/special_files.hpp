#pragma once
// Checks files that Git itself reads: .gitmodules and .gitattributes. Hosted.

#include <vector>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "reader/pack_index.hpp"
#include "verify/oddities.hpp"

namespace docteur {

struct special_file {
  oid id;
  bool is_gitmodules;  // else .gitattributes
  friend auto operator<=>(const special_file&, const special_file&) = default;
};

// Adds the messages of git's fsck on their content to `odd`. `pack`: of an image in which no fault was found. Files
// that are not in the PACK are skipped: only unreachable trees name such. Fails (blame::environment) if the device
// cannot be read or `report` says to stop.
[[nodiscard]] outcome<void> check_special_files(const device& d, const pack_extent& pack,
                                                std::vector<special_file> files, const limits& bounds, oddities& odd,
                                                const progress& report);

}  // namespace docteur
