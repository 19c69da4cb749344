#pragma once
// Dates in HTTP (RFC 9110, section 5.6.7).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace docteur::cache_vm {

// "Sun, 06 Nov 1994 08:49:37 GMT", always 29 characters. `seconds`: since 1970 UTC, clamped to the years 0 to 9999.
struct http_date {
  std::array<char, 29> text;
  [[nodiscard]] std::string_view view() const noexcept { return {text.data(), text.size()}; }
};
[[nodiscard]] http_date format_http_date(std::int64_t seconds) noexcept;

// Seconds since 1970 UTC from any of the three forms that a recipient must accept: IMF-fixdate, RFC 850 (a two-digit
// year is within 50 years of `now`), asctime. nullopt for anything else.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now) noexcept;

}  // namespace docteur::cache_vm
