#pragma once
// Which errors of a system call mean that a file is not there. Hosted, POSIX.

#include <cerrno>

namespace docteur {

// `error`: an errno value. Every other error leaves open whether the file is there.
[[nodiscard]] inline bool is_absence(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

}  // namespace docteur
