#pragma once
// The threads that answer FUSE's requests. Hosted, libfuse3.

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"

struct fuse_session;

namespace docteur {

// libfuse's own loop of many threads ends at a signal only if the main thread takes it.
class fuse_workers {
 public:
  // Starts `threads` threads, or as many as the system allows; they block the signals that the caller blocks. Throws
  // std::system_error if there can be none.
  fuse_workers(fuse_session* session, unsigned threads);
  fuse_workers(const fuse_workers&) = delete;
  fuse_workers& operator=(const fuse_workers&) = delete;
  ~fuse_workers();  // none may be running

  // Becomes readable when a thread has ended, because the folder was unmounted or the session failed.
  [[nodiscard]] int ended() const noexcept { return ended_.get(); }
  // Ends the session. Returns false if threads still run after `grace`.
  [[nodiscard]] bool stop(std::chrono::milliseconds grace);

 private:
  void run() noexcept;

  fuse_session* session_;
  unique_fd ended_;
  std::atomic<unsigned> running_{0};
  std::vector<std::thread> threads_;
};

}  // namespace docteur
