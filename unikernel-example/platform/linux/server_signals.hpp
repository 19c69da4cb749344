#pragma once
// Signals of a server. Hosted, Linux.

#include <atomic>

namespace docteur::cache_vm::on_linux {

// From construction on, a thread receives SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGTSTP and SIGCONT, except those that were
// ignored (nohup, background jobs of shells without job control). SIGPIPE, SIGTTIN, SIGTTOU and SIGXFSZ are ignored:
// the read or write fails instead. Before serve(), and at a second request to stop, the process ends at once by the
// signal and restores the terminal. One object per process, made before any other thread. Throws std::system_error when
// no thread can be started.
class server_signals {
 public:
  server_signals();
  // From now on the caller polls the functions below. `wake`: an eventfd that is written to when one of them is true.
  static void serve(int wake) noexcept;

  // Each returns true once for any number of signals since its last call.
  [[nodiscard]] static bool take_stop() noexcept;     // SIGTERM, SIGINT
  [[nodiscard]] static bool take_reload() noexcept;   // SIGHUP
  [[nodiscard]] static bool take_reopen() noexcept;   // SIGUSR1
  [[nodiscard]] static bool take_suspend() noexcept;  // SIGTSTP: to be followed by suspend()
  [[nodiscard]] static bool take_resume() noexcept;   // SIGCONT

  // Stops the process as ^Z does, until it is continued.
  static void suspend() noexcept;
};

}  // namespace docteur::cache_vm::on_linux
