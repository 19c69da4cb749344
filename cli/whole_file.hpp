#pragma once
// Writes a text file completely or not at all. Hosted, POSIX. Images, which may be large or devices, are written by
// builder/output_file.hpp.

#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur::cli {

// Checks before write_whole_file(): blame::usage if `path` exists and is not a file, or its folder does not exist.
[[nodiscard]] outcome<void> check_whole_file(const std::string& path);

// Writes `text` through base/atomic_file.hpp. On failure an existing file is unchanged.
[[nodiscard]] outcome<void> write_whole_file(const std::string& path, std::string_view text);

}  // namespace docteur::cli
