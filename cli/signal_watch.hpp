#pragma once
// Lets signals end a program, whatever it is doing. Hosted, POSIX.

namespace docteur::cli {

// After construction SIGINT, SIGTERM, SIGHUP and SIGPIPE set a flag, unless they were ignored (nohup, background jobs),
// and SIGXFSZ becomes a write error. Work that sees the flag ends with a failure, and run() ends the program by the
// signal once all destructors have run. A program that has not ended half a second later, or at a second signal, is in
// a call that cannot be interrupted, such as a read from a pipe: a thread then removes the leftovers
// (base/leftover.hpp) and ends the program by the signal. Construct it once per process. Throws std::system_error if no
// thread can be started.
class signal_watch {
 public:
  signal_watch();
  [[nodiscard]] static bool interrupted() noexcept;
};

// Ends the process by the signal that set the flag. Returns if there was none, or if it has no effect (a container's
// first process).
void end_by_signal() noexcept;

}  // namespace docteur::cli
