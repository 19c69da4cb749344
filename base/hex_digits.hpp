#pragma once
// Hexadecimal digits as people and references write them, in either case. Hosted.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "object/oid.hpp"

namespace docteur {

// Returns '\0' for what is no digit.
[[nodiscard]] constexpr char lower_digit(char c) noexcept {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) return c;
  return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : '\0';
}

// Lower-case digits, or nothing when `text` has other characters.
[[nodiscard]] inline std::string lower_digits(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (lower_digit(c) == '\0') return {};
    out += lower_digit(c);
  }
  return out;
}

// The kind whose full ids have as many digits as `digits`; nullopt if neither has.
[[nodiscard]] constexpr std::optional<hash_kind> kind_of_digits(std::string_view digits) noexcept {
  for (const hash_kind kind : {hash_kind::sha1, hash_kind::sha256})
    if (digits.size() == hex_size(kind)) return kind;
  return std::nullopt;
}

// The id of a kind that `text` begins with.
[[nodiscard]] inline std::optional<oid> leading_id(std::string_view text, hash_kind kind) noexcept {
  if (text.size() < hex_size(kind)) return std::nullopt;
  std::array<char, kMaxHexSize> digits;
  for (std::size_t i = 0; i < hex_size(kind); ++i) digits[i] = lower_digit(text[i]);
  const auto id = parse_hex({digits.data(), hex_size(kind)}, kind);
  return id ? std::optional<oid>(*id) : std::nullopt;
}

}  // namespace docteur
