#pragma once
// Names from a repository or a folder are any bytes; messages are one line of a terminal. Hosted.

#include <string>
#include <string_view>

namespace docteur {

// `name` with control characters (C0, DEL) and the backslash as in C ("\n", "\x1b"), so that it stays on one line and
// cannot move the cursor. Bytes above 0x7f pass: UTF-8 names stay readable.
[[nodiscard]] std::string printable(std::string_view name);

}  // namespace docteur
