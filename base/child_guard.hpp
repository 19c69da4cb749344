#pragma once
// Ends a program that this process has started when this process is killed (SIGKILL, no memory) and no destructor or
// signal handler of it runs. A small process waits for that, and for nothing else. PR_SET_PDEATHSIG is no replacement:
// it is bound to the thread that forked, and does not reach what the program has started. Hosted, Linux.

#include <sys/types.h>

#include "base/leftover.hpp"
#include "base/unique_fd.hpp"

namespace docteur {

// What is ended: a process alone, or the group that it leads.
enum class guarded { alone, group };

class child_guard {
 public:
  // Starts the guard of one child. Where that fails, the child runs unguarded.
  child_guard();
  child_guard(child_guard&& other) noexcept;
  child_guard& operator=(child_guard&&) = delete;
  ~child_guard();  // release()

  // For the child, between fork(2) and exec: from now on it is ended when its parent ends, a group by SIGKILL, a
  // process alone by SIGTERM first, so that it can end what it has started. Only makes system calls.
  void enter(guarded what) const noexcept;
  // For the parent: the child has ended, and what it has left may stay. Returns when the guard is gone.
  void release() noexcept;

 private:
  unique_fd line_;  // closed by exec: the guard reads its end
  pid_t pid_ = 0;   // 0: there is none
  leftover process_;
};

}  // namespace docteur
