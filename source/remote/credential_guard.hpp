#pragma once
// The user and the password of a URL go to its scheme, host and port only, also where libgit2 fetches. Hosted.
//
// libgit2 follows redirections to other hosts. It tells its callback for credentials the URL that was asked for at
// first, and what the callback has answered once it sends to every later host that asks. So its connections are made
// here, where it is seen what each of them leads to.

#include <string>
#include <string_view>

namespace docteur {

struct endpoint {
  bool encrypted = false;
  std::string host;  // in lower case, percent-decoded, an IPv6 address without brackets
  std::string port;  // decimal digits without leading zeros, also where the URL leaves it out

  bool operator==(const endpoint&) const = default;
};

// Of a URL with the scheme http or https, without a user.
[[nodiscard]] endpoint endpoint_of(std::string_view url);

// For a process that fetches from one http(s) URL: libgit2's settings are the whole process's.
namespace credential_guard {

// From now on libgit2's connections are made here. `home`: of the URL that has the credentials. False when libgit2
// fails.
[[nodiscard]] bool watch(const endpoint& home);
// Whether the last that was sent went home. What a proxy that speaks TLS itself passes on cannot be seen and counts as
// elsewhere.
[[nodiscard]] bool at_home();
// From now on nothing is sent elsewhere: a connection that leads there fails.
void stay_home();
// Whether one has failed so.
[[nodiscard]] bool held_back();
// "HOST:PORT" that the last connection leads to, as the server named it.
[[nodiscard]] std::string last_place();

}  // namespace credential_guard
}  // namespace docteur
