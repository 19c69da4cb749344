#pragma once
// Where temporary files go. Hosted, POSIX.

#include <filesystem>

#include "object/failure.hpp"

namespace docteur {

// The folder that TMPDIR names, or /tmp if that is unset or empty. Fails with blame::environment, naming it, if it is
// not a folder.
[[nodiscard]] outcome<std::filesystem::path> temporary_folder();

}  // namespace docteur
