#pragma once
// Starts child processes, with their signals and descriptors. Hosted, Linux.

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/child_guard.hpp"
#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

enum class membership { same_group, own_group, own_session };

struct spawn_order {
  std::vector<std::string> arguments;        // the first is the program, looked up in PATH; no shell is involved
  std::vector<std::string> environment;      // NAME=VALUE, all of it
  std::string directory;                     // to run in; empty: ours
  int input = -1, output = -1, errors = -1;  // above the standard ones; -1: /dev/null
  membership group = membership::same_group;
  bool closes_others = false;  // even descriptors that this process has inherited
};

// Runs the program as `pid`, entered in `guard`: the caller releases it there once it has ended. Returns 0, or the
// errno value of what failed. The program begins with no signal blocked, and ignores only those that this process was
// started with ignored (nohup), not those that this one ignores for itself: SIGPIPE, SIGXFSZ and SIGCHLD.
[[nodiscard]] int spawn(const spawn_order& order, const child_guard& guard, pid_t& pid);

// The next three are for processes that fork without exec. In the child they only make system calls.

// fork(2). Every signal is blocked in the child.
[[nodiscard]] pid_t fork_quietly() noexcept;

// Gives this process the signals that spawn() gives a program.
void reset_signals() noexcept;

enum class closing { at_once, by_exec };
// Closes all descriptors above `last`.
void close_above(int last, closing when = closing::at_once) noexcept;

// Whether PATH has a program of this name.
[[nodiscard]] bool has_program(const std::string& name);

// Returns `fd`, or a copy above the standard three if it is one of them because that was closed. Close-on-exec.
[[nodiscard]] unique_fd above_standard(unique_fd fd);

struct pipe_ends {
  unique_fd read, write;
};
// Both are above the standard three and close-on-exec. Reading does not block.
[[nodiscard]] outcome<pipe_ends> make_pipe();

}  // namespace docteur
