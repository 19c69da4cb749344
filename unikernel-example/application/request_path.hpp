#pragma once
// From a request's target to a path in the image: the one place that decodes and decides.

#include <optional>
#include <string>
#include <string_view>

namespace docteur::cache_vm {

struct request_path {
  std::string path;        // decoded, '/' between names, none in front and none behind; empty: the root
  bool is_directory;       // the target ended in '/'
  std::string_view query;  // behind the '?', as sent, '?' included; may be empty
};

// Whether a request target has one of the forms of RFC 9112, section 3.2, but for that of CONNECT: "/a",
// "http://host/a", "*".
[[nodiscard]] bool is_target_form(std::string_view target) noexcept;

// nullopt: 400. Of the forms of RFC 9112, section 3.2, origin-form and absolute-form with http or https. Empty
// segments do not count, as in most servers. Refused, plain or encoded: NUL, "." and ".." as segments (clients resolve
// them before they ask), and an encoded '/', which would be part of a name.
[[nodiscard]] std::optional<request_path> parse_target(std::string_view target);

// `path` as it is written in a URL: all but unreserved characters and '/' percent-encoded.
[[nodiscard]] std::string encode_path(std::string_view path);

}  // namespace docteur::cache_vm
