#pragma once
// How names, messages and texts from a repository, an image, a server or an argument, which may be any bytes, are shown
// to people. Controls (object/utf8.hpp) and bytes that are not UTF-8 become "\xHH", byte by byte, so that no text moves
// the cursor, changes colours or hides behind another order. All other UTF-8 stays. Hosted.

#include <string>
#include <string_view>

namespace docteur {

// A name on one line, so that no two look the same: newline, tab and backslash are escaped as in C ("\n", "\t", "\\").
[[nodiscard]] std::string printable(std::string_view name);
// A line that may contain such names: newlines and tabs are escaped, backslashes stay.
[[nodiscard]] std::string printable_line(std::string_view text);
// A text of several lines, such as a commit message: newlines, tabs and backslashes stay.
[[nodiscard]] std::string printable_text(std::string_view text);

}  // namespace docteur
