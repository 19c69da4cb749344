#include "cli/json.hpp"

#include <array>
#include <cstdio>

#include "object/utf8.hpp"

namespace docteur::cli {

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const utf8_character c = first_character(text);
    if (c.size == 0) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto [code, n] = first_character(text);
    const char c = text.front();
    if (n == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (is_control(code)) {
      // None is above U+FFFF.
      std::array<char, 12> escape;
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(code));
      out += escape.data();
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(n);
  }
  return out + "\"";
}

json_object& json_object::add_raw(std::string_view key, std::string_view value) {
  if (!members_.empty()) members_ += ",";
  members_.append(json_string(key)).append(":").append(value);
  return *this;
}

json_object& json_object::add_bytes(std::string_view key, std::string_view name) {
  add(key, name);
  if (is_utf8(name)) return *this;
  std::string hex;
  for (const char c : name) {
    std::array<char, 3> digits;
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    hex += digits.data();
  }
  return add(std::string(key) + "_hex", hex);
}

}  // namespace docteur::cli
