#pragma once
// Where temporary files go. Hosted, POSIX.

#include <filesystem>

#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

// The folder that TMPDIR names, or /tmp if that is unset or empty. Fails with blame::environment, naming it, if it is
// not a folder.
[[nodiscard]] outcome<std::filesystem::path> temporary_folder();
// Opens a new file without a name for reading and writing, which is gone when it is closed. Where the file system has
// no such files, it has a name for an instant. Empty, with errno, if `folder` can have no file.
[[nodiscard]] unique_fd open_unnamed(const std::filesystem::path& folder);

}  // namespace docteur
