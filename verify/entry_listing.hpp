#pragma once
// Reads the entry section (layout/entry_section.hpp) from a device. Hosted.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/result.hpp"
#include "pack/entry.hpp"

namespace docteur {

// Gets each entry of the section. `at`: of its block in the image. Returns false to end the reading.
using entry_taker = std::function<bool(const entry_outline& entry, std::uint64_t at)>;

// Calls `take` for each entry of the section, which must list `count`. The inner error is a fault of the section. Fails
// (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<result<done>> list_entries(const device& from, const section& where, std::size_t count,
                                                 const entry_taker& take);

}  // namespace docteur
