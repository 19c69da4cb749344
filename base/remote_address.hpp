#pragma once
// The address of a repository on another machine, parsed and checked before any program gets it. Hosted.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "object/failure.hpp"

namespace docteur {

enum class transport { http, ssh, git };

struct remote_address {
  transport by = transport::http;
  // As git accepts it (git-fetch(1), "GIT URLS"), but without `user:password@` for http and https: git passes URLs to
  // its children as arguments, which every user of the machine can read.
  std::string url;
  std::size_t path_at = 0;  // where the path begins in `url`; before it is how to reach the host
  std::string shown;        // for messages: without user, password and query; not yet printable()
  // Only for http and https, percent-decoded.
  std::string user;
  std::optional<std::string> password;  // nullopt: not given, which differs from an empty one
};

// "scheme" of `scheme://...` (RFC 3986, section 3.1) in lower case; nullopt if `text` is not a URL.
[[nodiscard]] std::optional<std::string> scheme_of(std::string_view text);

// `text`: a URL with a scheme. Fails with blame::usage
// - for schemes other than https, http, ssh and git;
// - for control characters, as they are or as %XX: a newline in a URL once gave a credential helper another host's name
//   (CVE-2020-5260, CVE-2020-11008, CVE-2024-52006);
// - for a user, host or port that begins with a dash, even as %XX: it would be an option of ssh (CVE-2017-1000117);
// - without a host or a path, with a password for ssh (which takes none), with a user for git:// (which knows none). No
//   message contains a user, a password or a query.
[[nodiscard]] outcome<remote_address> parse_remote_url(std::string_view text);

// `[user@]host:path`, ssh as scp(1) writes it. Fails with blame::usage for the same reasons, for a path that begins
// with a dash, and for `helper::address`, which would make git run the program git-remote-helper.
[[nodiscard]] outcome<remote_address> parse_scp_address(std::string_view text);

}  // namespace docteur
