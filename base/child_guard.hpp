#pragma once
// Ends a child process when this process is killed (SIGKILL, the out-of-memory killer) and none of its destructors and
// signal handlers runs. A small process waits for that and does nothing else. PR_SET_PDEATHSIG would not do: it is
// bound to the thread that forked, and does not reach the child's own children. Hosted, Linux.

#include <sys/types.h>

#include "base/leftover.hpp"
#include "base/unique_fd.hpp"

namespace docteur {

// What is ended: the child alone, or the process group that it leads.
enum class guarded { alone, group };

class child_guard {
 public:
  // Starts the guard of one child. If that fails, the child runs unguarded.
  child_guard();
  child_guard(child_guard&& other) noexcept;
  child_guard& operator=(child_guard&&) = delete;
  ~child_guard();  // release()

  // For the child, between fork(2) and exec: from now on it is ended when its parent ends. A group gets SIGKILL; a
  // child alone gets SIGTERM first, so that it can end its own children. Only makes system calls.
  void enter(guarded what) const noexcept;
  // For the parent, once the child has ended: what is left of its group may stay. Returns when the guard is gone.
  void release() noexcept;

 private:
  unique_fd line_;  // closed by exec: the guard reads its end
  pid_t pid_ = 0;   // 0: there is none
  leftover process_;
};

}  // namespace docteur
