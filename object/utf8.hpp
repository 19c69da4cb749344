#pragma once
// Text of arbitrary bytes, character by character, and which of it may be printed as it is. Guest-safe.

#include <cstddef>
#include <string_view>

namespace docteur {

struct utf8_character {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0 if there is no valid character
};

// The character at the front of `text` (not empty), by RFC 3629: no overlong forms, no surrogates, nothing above
// U+10FFFF.
[[nodiscard]] constexpr utf8_character first_character(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xc2 || first > 0xf4) return {};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (text.size() < size) return {};
  char32_t code = first & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  const bool is_overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (is_overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {code, size};
}

// Whether a character controls a terminal, or changes the place or order in which it shows other characters: C0, DEL
// and C1, line and paragraph separators, the controls of bidirectional text (Unicode, UAX #9), the byte order mark.
// Other characters without width, such as joiners, are part of how names are written.
[[nodiscard]] constexpr bool is_control(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// Bytes of `text` without an incomplete character at its end: what can be shown before more arrives.
[[nodiscard]] constexpr std::size_t whole_characters(std::string_view text) noexcept {
  for (std::size_t n = 1; n < 4 && n <= text.size(); ++n) {
    const auto byte = static_cast<unsigned char>(text[text.size() - n]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > n ? text.size() - n : text.size();
  }
  return text.size();
}

// Appends `text` to `out`, a string. Bytes of controls, except those in `kept`, and bytes that are not part of a valid
// character become "\xHH".
template <class String>
void append_escaped(String& out, std::string_view text, std::string_view kept) {
  constexpr std::string_view digits = "0123456789abcdef";
  while (!text.empty()) {
    const utf8_character c = first_character(text);
    const std::size_t n = c.size == 0 ? 1 : c.size;
    const bool stays = c.size != 0 && (!is_control(c.code) || kept.find(text[0]) != std::string_view::npos);
    for (const char byte : text.substr(0, n)) {
      if (stays) {
        out += byte;
        continue;
      }
      const auto value = static_cast<unsigned char>(byte);
      out += "\\x";
      out += digits[value >> 4];
      out += digits[value & 15];
    }
    text.remove_prefix(n);
  }
}

}  // namespace docteur
