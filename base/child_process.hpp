#pragma once
// Runs one program for its effect and its messages on stderr, in a process group of its own, so that it can be ended
// together with all it has started. Hosted, POSIX; the processor time is Linux's.

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/child_guard.hpp"
#include "base/leftover.hpp"
#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

struct child_command {
  std::vector<std::string> arguments;    // the first is the program, looked up in PATH; no shell is involved
  std::vector<std::string> environment;  // NAME=VALUE, all of it
};

// While it lives, this thread may write to the terminal and pass it on even if another process group owns it.
class no_background_stops {
 public:
  no_background_stops();
  no_background_stops(const no_background_stops&) = delete;
  no_background_stops& operator=(const no_background_stops&) = delete;
  ~no_background_stops();

 private:
  sigset_t before_;
};

class child_process {
 public:
  static constexpr std::size_t kMostAtOnce = 256 << 10;

  // stdin and stdout are /dev/null. If this process runs in the foreground of the terminal on its stdin, the program
  // gets that terminal, as from a shell, and can prompt there; otherwise it has none. Fails with blame::environment; an
  // empty message means that there is no such program.
  [[nodiscard]] static outcome<child_process> start(const child_command& command);

  // Whether start() would give the program the terminal.
  [[nodiscard]] static bool has_terminal() noexcept;

  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;
  // Kills and reaps the whole group unless it has ended.
  ~child_process();

  // Waits for output or the end, for `most` at the longest, and appends what the program wrote to stderr to `output`,
  // up to kMostAtOnce bytes; what is left beyond that when the program has ended is dropped. Returns true once the
  // program and all it has started have ended and their output was read: its children get a few seconds more, then the
  // rest of the group is killed. A process that has closed stderr may stay, as git-credential-cache's daemon does. If
  // the program has the terminal, this process stops and continues with it (job control).
  bool wait(std::chrono::milliseconds most, std::string& output);
  // As waitpid(2) gives it, after wait() was true.
  [[nodiscard]] int status() const noexcept { return status_; }
  // Sends SIGTERM to the group and, a moment later, SIGKILL to what is left; returns when all of it is gone.
  void kill() noexcept;
  // Clock ticks of processor time that the living members of the group have used so far; 0 without /proc.
  [[nodiscard]] std::uint64_t processor_ticks() const { return look_at_group().ticks; }

 private:
  struct group_state {
    unsigned living = 0;  // without zombies: orphaned ones may never be reaped
    std::uint64_t ticks = 0;
  };
  friend class fork_server;
  // A child of this process.
  child_process(pid_t pid, child_guard guard, leftover group, unique_fd output, bool terminal);
  // A child of a fork server, at the other end of `line`. It ends with the server, which ends with this process.
  child_process(pid_t pid, unique_fd output, unique_fd line);
  [[nodiscard]] group_state look_at_group() const;
  void drain(std::string& output);
  bool reap(int options) noexcept;
  bool reap_by_line(int options) noexcept;
  void wait_for_the_rest(std::string& output);
  void follow_stop(int signal) const noexcept;
  void give_terminal(pid_t group) const noexcept;
  void let_go() noexcept;

  pid_t pid_;  // and the group's id; 0 after a move
  unique_fd output_;
  unique_fd end_;  // readable once it ended: a pidfd (none on old kernels), or the line to the fork server
  bool by_line_ = false;
  bool terminal_;
  bool ended_ = false;
  int status_ = 0;
  std::optional<child_guard> guard_;
  leftover group_;  // ends the group when a signal ends this process
};

}  // namespace docteur
