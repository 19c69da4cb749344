#pragma once
// Continues a command in the background. Hosted, POSIX.

#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur::cli {

class background {
 public:
  background() = default;  // stays in the foreground

  // Returns in a child process, which must not have threads yet. The process that called it waits and never returns: it
  // ends with status 0 when the child calls ready(), or as the child ends before that. Fails (blame::environment) if
  // there can be no child.
  [[nodiscard]] static outcome<background> start();

  // Lets the waiting process end, and leaves its session, its working directory and its standard descriptors; if that
  // process was killed, ends this one by a SIGTERM. SIGPIPE must be ignored. Does nothing in the foreground, and at a
  // second call.
  void ready() noexcept;

 private:
  unique_fd waiting_;
};

}  // namespace docteur::cli
