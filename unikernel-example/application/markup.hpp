#pragma once
// Escapes text for the place where it is shown.

#include <string>
#include <string_view>

namespace docteur::cache_vm {

// For HTML text and quoted attributes. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string html_text(std::string_view text);
// A JSON string (RFC 8259) with its quotes. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_text(std::string_view text);
// For a terminal: control characters (object/utf8.hpp) and bytes that are not UTF-8 become "\xHH"; newlines and tabs
// stay.
[[nodiscard]] std::string terminal_text(std::string_view text);
// The same on one line: newlines and tabs are escaped as well.
[[nodiscard]] std::string terminal_line(std::string_view text);

}  // namespace docteur::cache_vm
