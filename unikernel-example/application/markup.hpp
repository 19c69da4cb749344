#pragma once
// Text made safe for where it is put.

#include <string>
#include <string_view>

namespace docteur::cache_vm {

// For HTML, in text and in quoted attributes. Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string html_text(std::string_view text);
// A JSON string (RFC 8259), quotes included. Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string json_text(std::string_view text);
// For a terminal: controls (object/utf8.hpp) and bytes that are no UTF-8 become "\xHH"; newlines and tabs stay.
[[nodiscard]] std::string terminal_text(std::string_view text);
// The same in one line: newlines and tabs are escaped, too.
[[nodiscard]] std::string terminal_line(std::string_view text);

}  // namespace docteur::cache_vm
