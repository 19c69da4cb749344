#pragma once
// What signals ask of a server. Hosted, Linux.

#include <atomic>

namespace docteur::cache_vm::on_linux {

// From construction on a thread takes SIGTERM, SIGINT, SIGHUP, SIGTSTP and SIGCONT, but for those that were ignored
// (nohup, background jobs of shells without job control); SIGPIPE, SIGTTIN, SIGTTOU and SIGXFSZ are errors of a read or
// a write. Before serve(), and when it is asked to stop a second time, the process ends at once by the signal, with the
// terminal as it was. Once in a process, before any other thread. Throws std::system_error where no thread can be had.
class server_signals {
 public:
  server_signals();
  // Somebody asks now and then. `wake`: an eventfd that is written to whenever there is something to ask for.
  static void serve(int wake) noexcept;

  // Each is true once for any number of signals since the last time.
  [[nodiscard]] static bool take_stop() noexcept;     // SIGTERM, SIGINT
  [[nodiscard]] static bool take_reload() noexcept;   // SIGHUP
  [[nodiscard]] static bool take_suspend() noexcept;  // SIGTSTP: to be followed by suspend()
  [[nodiscard]] static bool take_resume() noexcept;   // SIGCONT

  // Stops the process as ^Z does, until it is continued.
  static void suspend() noexcept;
};

}  // namespace docteur::cache_vm::on_linux
