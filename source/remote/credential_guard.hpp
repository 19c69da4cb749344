#pragma once
// Sends the user and password of a URL only to its scheme, host and port when libgit2 fetches. Hosted.
//
// libgit2 follows redirections to other hosts. It gives its credentials callback the original URL, and sends what the
// callback answered once to every later host that asks. So its connections are made here, where the destination of each
// is known.

#include <string>

#include "base/endpoint.hpp"

namespace docteur {

// For a process that fetches from one http(s) URL: libgit2's settings are process-wide.
namespace credential_guard {

// From now on libgit2's connections are made here. `home`: the endpoint of the URL with the credentials. Returns false
// if libgit2 fails.
[[nodiscard]] bool watch(const endpoint& home);
// Whether the last data sent went to `home`. What goes through a proxy that speaks TLS itself cannot be seen and counts
// as elsewhere.
[[nodiscard]] bool at_home();
// From now on nothing is sent elsewhere: a connection to another endpoint fails.
void stay_home();
// Whether a connection has failed for that reason.
[[nodiscard]] bool held_back();
// "HOST:PORT" of the last connection, as the server named it.
[[nodiscard]] std::string last_place();

}  // namespace credential_guard
}  // namespace docteur
