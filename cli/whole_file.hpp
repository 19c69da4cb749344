#pragma once
// Reads a file, and writes a text file completely or not at all. Hosted, POSIX. Images, which may be large or devices,
// are written by builder/output_file.hpp.

#include <cstdint>
#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur::cli {

// Checks before write_whole_file(): blame::usage if `path` exists and is not a file, or its folder does not exist.
[[nodiscard]] outcome<void> check_whole_file(const std::string& path);

// Writes `text` through base/atomic_file.hpp. On failure an existing file is unchanged.
[[nodiscard]] outcome<void> write_whole_file(const std::string& path, std::string_view text);

// Reads a file of at most `most` bytes. Fails with blame::input if it is larger, else with blame::environment.
[[nodiscard]] outcome<std::string> read_whole_file(const std::string& path, std::uint64_t most);

}  // namespace docteur::cli
