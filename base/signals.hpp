#pragma once
// For programs that decide themselves how signals end them. Hosted, POSIX.

#include <csignal>

namespace docteur {

// Blocks all signals for this thread, and for those that it starts meanwhile: signals are for the program's own
// threads.
class signals_blocked {
 public:
  signals_blocked() noexcept;
  ~signals_blocked();  // as it was
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

 private:
  sigset_t before_;
};

// Whether the process was started with `signal` ignored (nohup, background jobs), and should leave it so.
[[nodiscard]] bool is_ignored(int signal) noexcept;

// Runs `body` in a detached thread of its own in which every signal is blocked. Throws std::system_error if no thread
// can be started.
void start_signal_thread(void* (*body)(void*));

// Takes the signal's default action, even if the calling thread blocks it. Returns where that has no effect (a
// container's first process).
void raise_default(int signal) noexcept;

// The exit status that a shell gives a process which `signal` ended.
[[nodiscard]] constexpr int status_of(int signal) noexcept { return 128 + signal; }

}  // namespace docteur
