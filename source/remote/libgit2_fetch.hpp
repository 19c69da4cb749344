#pragma once
// Fetches without the program git. Hosted.

#include "source/remote/fetch_request.hpp"

namespace docteur {

// Fetches into the request's repository and, for a single reference, writes FETCH_HEAD as git does; the caller checks
// whether the commit came. Writes to the file descriptor `messages` what git writes to stderr: progress, and a line
// that begins with "fatal: ". Blocks as long as the server does, and sets libgit2 up for this one server, so it needs a
// process of its own. Returns its exit status.
[[nodiscard]] int fetch_by_libgit2(const fetch_request& request, int messages);

}  // namespace docteur
