#pragma once
// Names, messages and texts that come from a repository, an image, a server or an argument are any bytes: what a
// person gets to see of them. Controls (object/utf8.hpp) and bytes that are no UTF-8 become "\xHH", byte by byte, so
// that no text moves the cursor, changes colours or hides behind another order. All other UTF-8 stays. Hosted.

#include <string>
#include <string_view>

namespace docteur {

// A name, in one line and so that no two look the same: newline, tab and backslash as in C ("\n", "\t", "\\").
[[nodiscard]] std::string printable(std::string_view name);
// A line that may hold such names: newlines and tabs as in C, backslashes stay.
[[nodiscard]] std::string printable_line(std::string_view text);
// A text of many lines, a commit's message say: newlines, tabs and backslashes stay.
[[nodiscard]] std::string printable_text(std::string_view text);

}  // namespace docteur
