#pragma once
// Dates in HTTP (RFC 9110, section 5.6.7).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace docteur::cache_vm {

// "Sun, 06 Nov 1994 08:49:37 GMT", always 29 characters. Seconds since 1970 UTC; the years 0 to 9999, others are cut.
struct http_date {
  std::array<char, 29> text;
  [[nodiscard]] std::string_view view() const noexcept { return {text.data(), text.size()}; }
};
[[nodiscard]] http_date format_http_date(std::int64_t seconds) noexcept;

// All three forms that a recipient must take: IMF-fixdate, RFC 850 (two digits of a year: within 50 years of `now`),
// asctime. Anything else is nullopt.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now) noexcept;

}  // namespace docteur::cache_vm
