#pragma once
// One program run for its effect and what it says on stderr: in a process group of its own, so that it and all it
// started can be ended together. Hosted, POSIX; the processor time is Linux's.

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
  std::vector<std::string> arguments;    // of the program; the first is looked up in PATH; no shell is involved
  std::vector<std::string> environment;  // NAME=VALUE, all of it
};

// While it lives, this thread may write to the terminal and hand it on though another process group has it.
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

  // stdin and stdout are /dev/null. Where stdin of this process is the terminal it runs in the foreground of, the
  // program gets that terminal, as a shell would give it, so that it can ask there; else it has none. Fails with
  // blame::environment; an empty message means that there is no such program.
  [[nodiscard]] static outcome<child_process> start(const child_command& command);

  // Whether start() would give the program the terminal.
  [[nodiscard]] static bool has_terminal() noexcept;

  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;
  // Kills and reaps the whole group unless it has ended.
  ~child_process();

  // Waits for output or the end, `most` at longest, and appends what came on stderr to `output`, until that holds
  // kMostAtOnce bytes: what is more when the program has ended is dropped. True once the program
  // has ended, all it wrote was taken, and what it started has ended too: for that it waits a few seconds longer, and
  // ends by force what is left of the group. Who has let go of stderr may stay, as git-credential-cache's daemon does.
  // Stops with it and goes on with it (job control) when it had the terminal.
  bool wait(std::chrono::milliseconds most, std::string& output);
  // As waitpid(2) gives it, after wait() was true.
  [[nodiscard]] int status() const noexcept { return status_; }
  // SIGTERM to the group, SIGKILL to what is left after a moment; then all of it is gone.
  void kill() noexcept;
  // Clock ticks of processor time that the living members of the group used so far; 0 where /proc does not tell.
  [[nodiscard]] std::uint64_t processor_ticks() const { return look_at_group().ticks; }

 private:
  struct group_state {
    unsigned living = 0;  // without zombies: nobody may be there to reap those that lost their parent
    std::uint64_t ticks = 0;
  };
  friend class fork_server;
  // A child of this process.
  child_process(pid_t pid, child_guard guard, leftover group, unique_fd output, bool terminal);
  // A child of a fork server, at the other end of `line`. It ends with the server, and that with this process.
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
  leftover group_;  // where a signal ends this process and nothing else ends the group
};

}  // namespace docteur
