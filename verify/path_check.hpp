#pragma once
// The path section (layout/path_section.hpp) against the trees. Hosted.

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "reader/limits.hpp"
#include "verify/findings.hpp"

namespace docteur {

// Attaches the image both ways, from the section and from the trees, and demands the same paths in the same order, of
// the same kinds, leading to the same ids. Trees that cannot be read are for others to report.
[[nodiscard]] outcome<void> check_paths(const device& d, const section& where, const limits& bounds, findings& found);

}  // namespace docteur
