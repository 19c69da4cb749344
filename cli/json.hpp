#pragma once
// JSON output (RFC 8259) for programs. Hosted.

#include <cstdint>
#include <string>
#include <string_view>

namespace docteur::cli {

// `text` as a JSON string, quotes included; controls (object/utf8.hpp) are escaped. Bytes that are not UTF-8 become
// U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

// One object, built member by member, in the order of the calls.
class json_object {
 public:
  json_object& add(std::string_view key, std::string_view text) { return add_raw(key, json_string(text)); }
  json_object& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  json_object& add(std::string_view key, std::uint64_t number) { return add_raw(key, std::to_string(number)); }
  json_object& add(std::string_view key, bool value) { return add_raw(key, value ? "true" : "false"); }
  // `name` may be any bytes: if they are not UTF-8, a second member, KEY_hex, holds them exactly.
  json_object& add_bytes(std::string_view key, std::string_view name);
  // `value` must be JSON.
  json_object& add_raw(std::string_view key, std::string_view value);
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace docteur::cli
