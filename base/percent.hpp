#pragma once
// %XX in URLs (RFC 3986, section 2.1). Hosted.

#include <string>
#include <string_view>

namespace docteur {

// Decodes as git's url_decode() does: %XX except %00; what is no escape stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);
// Encodes all but unreserved characters (RFC 3986, section 2.3) as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);
// Whether `text` contains a control character (C0, DEL), as it is or as %XX, %00 included.
[[nodiscard]] bool has_control_character(std::string_view text);

}  // namespace docteur
