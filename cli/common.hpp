#pragma once
// What the commands share: parsing with their exit statuses, messages. Hosted.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "object/bytes.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur::cli {

// Sees that the standard descriptors are open, parses the command line, then calls `body`. Returns the command's exit
// status (doc/ARCHITECTURE.md, "Errors"): 0 for --help and --version, 2 and one line on stderr for wrong usage, the
// failure's blame and its line (unless it is empty: all was said) otherwise. Exceptions (out of memory) end here, with
// status 3. `app` is named after the program.
[[nodiscard]] int run(CLI::App& app, int argc, char** argv, const std::function<outcome<void>()>& body);

// "PROGRAM: TEXT" and a newline on stderr, in one write; `text` as printable_line() gives it.
void say(std::string_view program, std::string_view text);

// All of `data` to stdout. `pipe_closed` becomes true, without a failure, when the reader has closed the pipe.
[[nodiscard]] outcome<void> write_out(bytes data, bool& pipe_closed);

}  // namespace docteur::cli
