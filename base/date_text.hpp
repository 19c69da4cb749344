#pragma once
// Dates for people and protocols. Hosted.

#include <cstdint>
#include <string>

namespace docteur {

// "2023-11-14T22:13:20Z" (RFC 3339). `seconds`: since 1970 UTC. Empty for a year before 1 or after 9999.
[[nodiscard]] std::string rfc3339_text(std::int64_t seconds);

}  // namespace docteur
