#pragma once
// Signals that end a program, whatever it is in. Hosted, POSIX.

namespace docteur::cli {

// From construction on SIGINT, SIGTERM, SIGHUP and SIGPIPE leave a mark, unless they were ignored (nohup, background
// jobs), and SIGXFSZ is a write error. Work that sees the mark ends with a failure, and run() ends the program by the
// signal once all destructors have run. A program that has not ended half a second later, or at a second signal, is in
// something that cannot be cut short, such as a read of a pipe: a thread then removes what must not stay behind
// (base/leftover.hpp) and ends the program by the signal. Once in a process. Throws std::system_error where no
// thread can be had.
class signal_watch {
 public:
  signal_watch();
  [[nodiscard]] static bool interrupted() noexcept;
};

// Ends the process by the signal that left the mark; returns where there is none, or where it has no effect (a
// container's first process).
void end_by_signal() noexcept;

}  // namespace docteur::cli
