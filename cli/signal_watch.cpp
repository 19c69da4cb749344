#include "cli/signal_watch.hpp"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/leftover.hpp"
#include "base/signals.hpp"

namespace docteur::cli {
namespace {

constexpr long kGrace = 500'000'000;  // ns that the program has to end by itself
constexpr time_t kRemoval = 30;       // s for the removal of leftovers: there may be many, and removal may block

std::atomic<int> caught_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);
sem_t woken;

extern "C" void leave_mark(int signal) {
  const int error = errno;
  caught_signal = signal;
  ::sem_post(&woken);
  errno = error;
}

// Makes the signal's default action happen after kRemoval at the latest.
void end_soon(int signal) noexcept {
  std::signal(signal, SIG_DFL);
  sigevent by{};
  by.sigev_notify = SIGEV_SIGNAL;
  by.sigev_signo = signal;
  timer_t timer{};
  itimerspec after{};
  after.it_value.tv_sec = kRemoval;
  if (::timer_create(CLOCK_MONOTONIC, &by, &timer) == 0) ::timer_settime(timer, 0, &after, nullptr);
}

extern "C" void* end_what_does_not_end(void*) {
  while (::sem_wait(&woken) != 0) {
  }
  timespec end{};
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_nsec += kGrace;
  end.tv_sec += end.tv_nsec / 1'000'000'000;
  end.tv_nsec %= 1'000'000'000;
  while (::sem_clockwait(&woken, CLOCK_MONOTONIC, &end) != 0 && errno == EINTR) {
  }
  const int signal = caught_signal;
  end_soon(signal);
  leftover::remove_all();
  end_by_signal();
  ::_exit(status_of(signal));
}

}  // namespace

signal_watch::signal_watch() {
  ::sem_init(&woken, 0, 0);
  start_signal_thread(end_what_does_not_end);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    if (is_ignored(signal)) continue;
    struct sigaction action {};
    action.sa_handler = leave_mark;
    ::sigaction(signal, &action, nullptr);
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

bool signal_watch::interrupted() noexcept { return caught_signal != 0; }

void end_by_signal() noexcept {
  const int signal = caught_signal;
  if (signal != 0) raise_default(signal);
}

}  // namespace docteur::cli
