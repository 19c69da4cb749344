#pragma once
// A process that was copied off before this one had threads, and makes copies of itself on request: so what forks does
// it without the locks of other threads, which nobody would ever open in the copy (fork(2)). Hosted, Linux.

#include <sys/types.h>

#include <string>

#include "base/child_process.hpp"
#include "base/unique_fd.hpp"
#include "object/failure.hpp"

namespace docteur {

class fork_server {
 public:
  // What a copy runs. It reads `request`, writes its messages to the descriptor `told`, also its stderr, and
  // returns the copy's exit status.
  using work = int (*)(const std::string& request, int told);

  // Fails with blame::environment, also where this process has had threads. The server has no terminal, keeps open no
  // descriptor but stderr, and ends with all its copies when this process does, however that ends.
  [[nodiscard]] static outcome<fork_server> start(work body);
  fork_server(fork_server&& other) noexcept;
  fork_server& operator=(fork_server&&) = delete;
  // Ends the copies that are left, and waits for the server's end.
  ~fork_server();

  // A new copy, in a process group of its own, whose stdin and stdout are /dev/null. For any thread.
  [[nodiscard]] outcome<child_process> run(const std::string& request) const;

 private:
  fork_server(pid_t pid, unique_fd socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_;         // 0 after a move
  unique_fd socket_;  // passes two descriptors to each copy: its request's socket and its `told`
};

}  // namespace docteur
