#pragma once
// What all children of this process have in common: their signals, their descriptors. Hosted, Linux.

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

enum class membership { same_group, own_group, own_session };

struct spawn_order {
  std::vector<std::string> arguments;        // of the program; the first is looked up in PATH; no shell is involved
  std::vector<std::string> environment;      // NAME=VALUE, all of it
  std::string directory;                     // to run in; empty: ours
  int input = -1, output = -1, errors = -1;  // above the standard ones; -1: /dev/null
  membership group = membership::same_group;
  bool closes_others = false;  // also descriptors that this process was started with
};

// An errno value, 0 when it runs, as `pid`. No signal is blocked in it and none ignored, but for what the user had
// ignored (nohup); what this program ignores for itself, SIGPIPE, SIGXFSZ and SIGCHLD, it does not know of.
[[nodiscard]] int spawn(const spawn_order& order, pid_t& pid);

// The same of signals for this process itself, after fork(2): nothing is done but system calls.
void reset_signals() noexcept;

// Whether PATH has a program of this name.
[[nodiscard]] bool has_program(const std::string& name);

// `fd`, or a copy of it where it is one of the standard three, which were closed then. Closed by exec.
[[nodiscard]] unique_fd above_standard(unique_fd fd);

struct pipe_ends {
  unique_fd read, write;
};
// above_standard(). Reading does not block.
[[nodiscard]] outcome<pipe_ends> make_pipe();

}  // namespace docteur
