#pragma once
// A file of text that is there whole or not at all. Hosted, POSIX. Images have a way of their own
// (builder/output_file.hpp): they may be large, and may be devices.

#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur::cli {

// Whether write_whole_file() may begin: blame::usage when `path` is anything but a file or is in no folder.
[[nodiscard]] outcome<void> check_whole_file(const std::string& path);

// `text`, as base/atomic_file.hpp has it. On failure what was there is unchanged.
[[nodiscard]] outcome<void> write_whole_file(const std::string& path, std::string_view text);

}  // namespace docteur::cli
