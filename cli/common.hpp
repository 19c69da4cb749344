#pragma once
// Shared by the commands: exit statuses, messages. Hosted.

#include <functional>
#include <string_view>

#include "cli/command_line.hpp"
#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur::cli {

// Makes sure that the standard descriptors are open, parses the command line and calls `body`. Returns the command's
// exit status (doc/ARCHITECTURE.md, "Errors"): 0 for --help and --version, 2 and one line on stderr for wrong usage,
// the failure's blame and its message on stderr otherwise (none if it is empty). Exceptions (out of memory) end here,
// with status 3. `app` is named after the program.
[[nodiscard]] int run(command_line& app, int argc, char** argv, const std::function<outcome<void>()>& body);

// Writes "PROGRAM: TEXT" and a newline to stderr, in one write; `text` passes through printable_line().
void say(std::string_view program, std::string_view text);

// Writes all of `data` to stdout. If the reader has closed the pipe, sets `pipe_closed` and does not fail.
[[nodiscard]] outcome<void> write_out(bytes data, bool& pipe_closed);

// Checks the name of an image to write: blame::usage for "-", which means standard output.
[[nodiscard]] outcome<void> check_image_name(std::string_view name);

}  // namespace docteur::cli
