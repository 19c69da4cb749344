#pragma once
// Writes the entry section (layout/entry_section.hpp). Hosted.

#include <span>
#include <vector>

#include "pack/entry.hpp"

namespace docteur {

// Returns the section's content. `entries`: of the whole PACK, in its order; at least one. Throws std::bad_alloc.
[[nodiscard]] std::vector<std::byte> make_entry_section(std::span<const entry_outline> entries);

}  // namespace docteur
