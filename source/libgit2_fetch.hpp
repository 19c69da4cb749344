#pragma once
// Fetching where there is no program git. Hosted.

#include <string>

#include "source/private_folder.hpp"
#include "source/remote_address.hpp"

namespace docteur {

// Fetches `reference` (as git_fetch_command() has it) into `repository`, which make_bare_repository() made, and writes
// its FETCH_HEAD as git does, where it is one. Tells on the file descriptor `told` what git tells on stderr: progress,
// and a line that begins with "fatal: ". Blocks for as long as the server likes: meant for a process of its own.
// Returns its exit status.
[[nodiscard]] int fetch_by_libgit2(const remote_address& from, const std::string& reference,
                                   const private_folder& repository, int told);

}  // namespace docteur
