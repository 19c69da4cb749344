#pragma once
// Another program, run without a shell. Hosted, POSIX.

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

inline constexpr std::size_t kMostCaptured = 1 << 20;  // bytes of each; what is more is dropped

// Waits for the program to end. Fails with blame::environment when it cannot be run, with the sink's failure, and when
// `watch` is cancelled: then the program was ended, too. Its descriptors are the three standard ones.
[[nodiscard]] outcome<program_result> run_program(const program_call& command, const progress& watch);

// Of our environment, what a program needs to find itself, its user's files and the words of its messages (English):
// PATH, HOME, TMPDIR, XDG_*, USER, LOGNAME, and those of `more` that are set. Credentials that stand in other variables
// are none of its business.
[[nodiscard]] std::vector<std::string> program_environment(std::initializer_list<const char*> more = {});

}  // namespace docteur
