#pragma once
// The identity of the current boot: a file's record of unsynced bytes is valid within one boot only. Hosted, Linux.

#include <string>

namespace docteur {

// Returns the kernel's boot id, or random text if it cannot be read.
[[nodiscard]] const std::string& kernel_boot();

}  // namespace docteur
