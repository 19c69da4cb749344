#pragma once
// Runs another program, without a shell. Hosted, POSIX.

#include <cstdint>
#include <string>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"

namespace docteur {

struct program_call {
  std::vector<std::string> arguments;    // the first is the program, looked for in PATH
  std::vector<std::string> environment;  // all of it, "NAME=VALUE"
  std::string directory;                 // to run in; empty: ours
  bytes input;                           // its standard input
  byte_sink* output = nullptr;           // takes its standard output; nullptr: captured
};

struct program_result {
  int status;          // exit status, or 128 + the signal that ended it
  std::string output;  // captured standard output
  std::string errors;  // captured standard error
};

inline constexpr std::size_t kMostCaptured = 1 << 20;  // bytes of each; the rest is dropped

// Runs the program to its end. Fails with blame::environment if it cannot be run or `report` is cancelled, and with the
// sink's failure; the program has then been ended. It inherits only the three standard descriptors.
[[nodiscard]] outcome<program_result> run_program(const program_call& command, const progress& report);

// The part of our environment that a program needs to find programs and its user's files: PATH, HOME, TMPDIR, XDG_*,
// USER, LOGNAME, and those of `more` that are set; with LC_ALL=C, for messages in English. Credentials in other
// variables are not passed on.
[[nodiscard]] std::vector<std::string> program_environment(std::initializer_list<const char*> more = {});

}  // namespace docteur
