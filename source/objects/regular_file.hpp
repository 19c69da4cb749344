#pragma once
// Opens every file that a repository names: packs, indexes, alternates, references, configuration. A FIFO does not
// block, a device is not read, and whole reads are bounded. Hosted, POSIX.

#include <string>

#include "base/unique_fd.hpp"
#include "source/objects/object_fault.hpp"

namespace docteur {

// Opens `path` for reading. Symbolic links are followed. Fails with missing for ENOENT and ENOTDIR, with blame::input
// if it is not a regular file, with blame::environment for every other error of open(2).
[[nodiscard]] object_result<unique_fd> open_regular(const std::string& path);

// The whole content of `path`; a file of more than `most` bytes is a fault (blame::input).
[[nodiscard]] object_result<std::string> read_regular(const std::string& path, std::size_t most);

}  // namespace docteur
