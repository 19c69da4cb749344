#include "mount/fuse_workers.hpp"

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace docteur {
namespace {

constexpr int kWake = SIGUSR1;  // interrupts a thread that waits for a request
constexpr std::chrono::milliseconds kPause{5};

extern "C" void do_nothing(int) {}

}  // namespace

fuse_workers::fuse_workers(fuse_session* session, unsigned threads)
    : session_(session), ended_(::eventfd(0, EFD_CLOEXEC)) {
  if (!ended_) throw std::system_error(errno, std::generic_category(), "eventfd");
  struct sigaction wake {};
  wake.sa_handler = do_nothing;
  ::sigaction(kWake, &wake, nullptr);
  threads_.reserve(threads);
  while (threads_.size() < threads) {
    ++running_;
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      --running_;
      if (threads_.empty()) throw;
      break;
    }
  }
}

fuse_workers::~fuse_workers() {
  for (std::thread& t : threads_) t.join();
}

void fuse_workers::run() noexcept {
  fuse_buf request{};
  while (::fuse_session_exited(session_) == 0) {
    const int size = ::fuse_session_receive_buf(session_, &request);
    if (size == -EINTR || size == -EAGAIN) continue;
    if (size <= 0) break;
    ::fuse_session_process_buf(session_, &request);
  }
  ::fuse_session_exit(session_);
  std::free(request.mem);
  --running_;
  (void)::eventfd_write(ended_.get(), 1);
}

// A signal that comes before a thread waits has no effect, so it is repeated.
bool fuse_workers::stop(std::chrono::milliseconds grace) {
  ::fuse_session_exit(session_);
  const auto end = std::chrono::steady_clock::now() + grace;
  while (running_ > 0 && std::chrono::steady_clock::now() < end) {
    for (std::thread& t : threads_) ::pthread_kill(t.native_handle(), kWake);
    std::this_thread::sleep_for(kPause);
  }
  return running_ == 0;
}

}  // namespace docteur
