#pragma once
// Compares the entry section (layout/entry_section.hpp) with the headers of the PACK's entries. Hosted.

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Reports the first fault in the section, or the first entry of `pack` that it does not list as it is. An entry whose
// header could not be read is not compared. Fails (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<void> check_entries(const device& d, const section& where, const scanned_pack& pack,
                                          findings& found);

}  // namespace docteur
