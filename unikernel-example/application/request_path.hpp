#pragma once
// From a request's target to a path in the image. All decoding and checking of targets is here.

#include <optional>
#include <string>
#include <string_view>

#include "unikernel-example/application/http_authority.hpp"

namespace docteur::cache_vm {

struct request_path {
  std::string path;        // decoded, no dot segments, '/' between names, none at either end; empty: the root
  std::size_t last;        // where in `path` the part begins that followed the last literal '/' of the target
  bool is_directory;       // the target ended in '/' or a dot segment
  std::string_view query;  // as sent, with its '?'; may be empty
};

// A target in absolute-form: "http://host/a", or with https.
struct absolute_target {
  authority server;       // its host is not empty
  std::string_view rest;  // "/a"; may be empty, or begin with '?'
};
// nullopt for other forms and for an invalid authority (RFC 9110, section 4.2: it has a host and no userinfo).
[[nodiscard]] std::optional<absolute_target> parse_absolute(std::string_view target) noexcept;

// nullopt: to be answered 400. Accepts origin-form and absolute-form with http or https (RFC 9112, section 3.2). Empty
// segments are dropped, as in most servers, and an encoded '/' counts as '/', as in nginx. The segments "." and "..",
// plain or encoded, are removed (RFC 3986, section 5.2.4): most clients do that before they send a request, apt does
// not. Refuses NUL, a ".." that leaves the root, and dot segments beside an encoded '/'.
[[nodiscard]] std::optional<request_path> parse_target(std::string_view target);

// Replaces `out` with `text` percent-decoded. False when the encoding is malformed or contains NUL.
[[nodiscard]] bool decode_percent(std::string_view text, std::string& out);

// `path` for a URL: everything except unreserved characters and '/' is percent-encoded.
[[nodiscard]] std::string encode_path(std::string_view path);

// `query`, as sent, for a field's value: everything except visible ASCII is percent-encoded.
[[nodiscard]] std::string encode_query(std::string_view query);

}  // namespace docteur::cache_vm
