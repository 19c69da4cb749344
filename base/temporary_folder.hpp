#pragma once
// Where temporary files go. Hosted, POSIX.

#include <filesystem>

#include "object/failure.hpp"

namespace docteur {

// The folder that TMPDIR names, /tmp where that is unset or empty. Fails with blame::environment, naming it, when it is
// no folder.
[[nodiscard]] outcome<std::filesystem::path> temporary_folder();

}  // namespace docteur
