#pragma once
// Files that Git reads by their name. Hosted.

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

// What git's fsck holds against their content, into `odd`. `pack`: of an image without a fault so far. Files that are
// not there are left out: what names them is not reached.
[[nodiscard]] outcome<void> check_special_files(const device& d, const pack_extent& pack,
                                                std::vector<special_file> files, const limits& bounds, oddities& odd,
                                                const progress& watch);

}  // namespace docteur
