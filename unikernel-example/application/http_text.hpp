#pragma once
// The common grammar of HTTP fields (RFC 9110, section 5.6).

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace docteur::cache_vm {

[[nodiscard]] constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

// Classes of characters, as bits: one table look-up per character instead of many comparisons.
enum class char_class : std::uint8_t {
  token = 1,   // tchar, section 5.6.2
  text = 2,    // of a field's value, section 5.5: no control characters except the tab
  target = 4,  // of a request target (RFC 9112, section 3.2), loosely: visible, including non-ASCII; no fragment
  name = 8,    // of a registered name (RFC 3986, section 3.2.2), except '%'
  ascii = 16,  // except NUL
};

namespace detail {
inline constexpr auto kCharClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned b = 0; b < classes.size(); ++b) {
    const bool alphanumeric = (b >= '0' && b <= '9') || ((b | 0x20) >= 'a' && (b | 0x20) <= 'z');
    const auto is_one_of = [b](std::string_view some) {
      return b < 0x80 && some.find(static_cast<char>(b)) != std::string_view::npos;
    };
    const auto add = [&](char_class c, bool belongs) {
      if (belongs) classes[b] = static_cast<std::uint8_t>(classes[b] | static_cast<std::uint8_t>(c));
    };
    add(char_class::token, alphanumeric || is_one_of("!#$%&'*+-.^_`|~"));
    add(char_class::text, (b >= 0x20 && b != 0x7f) || b == '\t');
    add(char_class::target, b > 0x20 && b != 0x7f && b != '#');
    add(char_class::ascii, b > 0 && b < 0x80);
    add(char_class::name, alphanumeric || is_one_of("-._~!$&'()*+,;="));
  }
  return classes;
}();
}  // namespace detail

// Number of characters at the front of `text` that belong to `c`.
[[nodiscard]] constexpr std::size_t span_of(std::string_view text, char_class c) noexcept {
  std::size_t n = 0;
  while (n < text.size() &&
         (detail::kCharClasses[static_cast<unsigned char>(text[n])] & static_cast<std::uint8_t>(c)) != 0)
    ++n;
  return n;
}

// Whether every character of `text`, which may be empty, belongs to `c`.
[[nodiscard]] constexpr bool is_all(std::string_view text, char_class c) noexcept {
  return span_of(text, c) == text.size();
}

// is_all(text, char_class::text), but eight characters at a time: most of a request is values.
[[nodiscard]] inline bool is_text(std::string_view text) noexcept {
  constexpr std::uint64_t ones = ~std::uint64_t{0} / 0xff;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t v;
    std::memcpy(&v, text.data(), sizeof v);
    const std::uint64_t deleted = v ^ (ones * 0x7f);
    const std::uint64_t odd = ((v - ones * 0x20) & ~v) | ((deleted - ones) & ~deleted);
    if ((odd & (ones * 0x80)) != 0) break;
    text.remove_prefix(sizeof v);
  }
  return is_all(text, char_class::text);
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && is_all(text, char_class::token);
}

// Without the spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Removes from `rest`, and returns, the part before the first `separator`, which is removed as well; all of `rest` when
// there is none.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const std::size_t n = rest.find(separator);
  const std::string_view part = rest.substr(0, n);
  rest = n == std::string_view::npos ? std::string_view() : rest.substr(n + 1);
  return part;
}

// Decimal digits only; nullopt for anything else, and for a number beyond 64 bits.
[[nodiscard]] constexpr std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  constexpr std::uint64_t most = ~std::uint64_t{0};
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > most / 10 || (value == most / 10 && digit > most % 10)) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

}  // namespace docteur::cache_vm
