#pragma once
// From a request's target to a path in the image: the one place that decodes and decides.

#include <optional>
#include <string>
#include <string_view>

#include "unikernel-example/application/http_authority.hpp"

namespace docteur::cache_vm {

struct request_path {
  std::string path;        // decoded, '/' between names, none in front and none behind; empty: the root
  std::size_t last;        // where in `path` that begins which stands behind the last '/' that was sent as such
  bool is_directory;       // the target ended in '/'
  std::string_view query;  // behind the '?', as sent, '?' included; may be empty
};

// A target in absolute-form: "http://host/a", also with https.
struct absolute_target {
  authority server;       // its host is not empty
  std::string_view rest;  // "/a"; may be empty, or begin with '?'
};
// nullopt for other forms, and where the authority is none (RFC 9110, section 4.2: no userinfo, a host).
[[nodiscard]] std::optional<absolute_target> parse_absolute(std::string_view target) noexcept;

// nullopt: 400. Of the forms of RFC 9112, section 3.2, origin-form and absolute-form with http or https. Empty
// segments do not count, as in most servers, and an encoded '/' is one, as in nginx. Refused, plain or encoded: NUL,
// and "." and ".." as segments (clients resolve them before they ask).
[[nodiscard]] std::optional<request_path> parse_target(std::string_view target);

// `path` as it is written in a URL: all but unreserved characters and '/' percent-encoded.
[[nodiscard]] std::string encode_path(std::string_view path);

// `query`, as sent, as it may stand in a field: what is not visible ASCII percent-encoded.
[[nodiscard]] std::string encode_query(std::string_view query);

}  // namespace docteur::cache_vm
