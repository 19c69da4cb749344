#pragma once
// Which errors of a system call mean that a file does not exist. Hosted, POSIX.

#include <cerrno>

namespace docteur {

// `error`: an errno value. Every other error leaves it open whether the file exists.
[[nodiscard]] inline bool is_absence(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

}  // namespace docteur
