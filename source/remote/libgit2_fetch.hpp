#pragma once
// Fetching where there is no program git. Hosted.

#include "source/remote/fetch_request.hpp"

namespace docteur {

// Fetches into the request's repository, and writes its FETCH_HEAD as git does where it asks for one reference; whether
// the commit came is for the caller to see. Tells on the file descriptor `told` what git tells on stderr: progress, and
// a line that begins with "fatal: ". Blocks for as long as the server likes, and sets libgit2 up for this one server:
// for a process of its own. Returns its exit status.
[[nodiscard]] int fetch_by_libgit2(const fetch_request& request, int told);

}  // namespace docteur
