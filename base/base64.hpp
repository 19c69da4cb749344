#pragma once
// Base64 (RFC 4648, section 4). Hosted.

#include <optional>
#include <string>
#include <string_view>

namespace docteur {

// Decodes whole groups of four characters; nullopt for anything else.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

// With padding, on one line.
[[nodiscard]] std::string base64_encoded(std::string_view raw);

}  // namespace docteur
