#pragma once
// The address of an image on a server, and the credentials that are sent to it. Hosted.

#include <string>
#include <string_view>

#include "base/remote_address.hpp"
#include "object/failure.hpp"
#include "remote/http_options.hpp"

namespace docteur {

// Whether `name` is a URL that names an image: it begins with http:// or https://, in any case.
[[nodiscard]] bool is_http_url(std::string_view name);
// The address in `url`, without fragment. Fails with blame::usage as parse_remote_url() does, and for other schemes.
[[nodiscard]] outcome<remote_address> parse_http_url(std::string_view url);
// Whether both have the same scheme, host and port, so that the password of one may be sent to the other.
[[nodiscard]] bool is_same_origin(const remote_address& a, const remote_address& b);
// The address that `from` redirects to, without user and password unless `origin` is the same origin. Fails
// (blame::environment) for other schemes, from https to http, and for addresses that parse_http_url() refuses.
[[nodiscard]] outcome<remote_address> redirected(const remote_address& from, const remote_address& origin,
                                                 std::string_view to);

// Checks `options` before anything is sent: numbers in their bounds, files that can be read. Fails with blame::usage or
// blame::environment.
[[nodiscard]] outcome<void> check_http_options(const http_options& options);
// The token in the first line of the file. Fails (blame::environment, or blame::input if it is no token); no message
// has any of it.
[[nodiscard]] outcome<std::string> read_token(const std::string& file);

}  // namespace docteur
