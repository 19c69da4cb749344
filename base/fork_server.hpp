#pragma once
// A process that was forked before this one had threads, and that forks copies of itself on request. So no copy
// inherits a lock that another thread holds; nothing in the child would release it (fork(2)). Hosted, Linux.

#include <sys/types.h>

#include <string>

#include "base/child_process.hpp"
#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

class fork_server {
 public:
  // What a copy runs. It handles `request`, writes its messages to the descriptor `messages`, which is also its stderr,
  // and returns the copy's exit status.
  using work = int (*)(const std::string& request, int messages);

  // Fails with blame::environment, also if this process has ever had threads. The server has no terminal, keeps no
  // descriptor open but stderr, and ends with all its copies when this process ends, however it ends.
  [[nodiscard]] static outcome<fork_server> start(work body);
  fork_server(fork_server&& other) noexcept;
  fork_server& operator=(fork_server&&) = delete;
  // Ends the copies that are left and waits for the server to end.
  ~fork_server();

  // Starts a new copy, in a process group of its own, with stdin and stdout on /dev/null. May be called from any
  // thread.
  [[nodiscard]] outcome<child_process> run(const std::string& request) const;

 private:
  fork_server(pid_t pid, unique_fd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;         // 0 after a move
  unique_fd socket_;  // passes two descriptors to each copy: its request's socket and `messages`
};

}  // namespace docteur
