#include "unikernel-example/platform/linux/server_signals.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

#include "base/leftover.hpp"
#include "base/signals.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

sigset_t taken;
std::atomic<int> waker{-1};  // an eventfd; none before serve()
std::atomic<bool> stop_asked{false};
std::atomic<bool> reload_asked{false};
std::atomic<bool> reopen_asked{false};
std::atomic<bool> suspend_asked{false};
std::atomic<bool> resumed{false};

[[noreturn]] void end_now(int signal) noexcept {
  leftover::remove_all();
  raise_default(signal);
  ::_exit(status_of(signal));
}

extern "C" void* take_signals(void*) {
  bool is_stopping = false;
  for (;;) {
    const int signal = ::sigwaitinfo(&taken, nullptr);
    const int wake = waker;
    switch (signal) {
      case SIGTERM:
      case SIGINT:
        if (wake < 0 || is_stopping) end_now(signal);
        is_stopping = stop_asked = true;
        break;
      case SIGHUP: reload_asked = true; break;
      case SIGUSR1: reopen_asked = true; break;
      case SIGTSTP:
        if (wake < 0) {
          ::kill(::getpid(), SIGSTOP);
        } else {
          suspend_asked = true;
        }
        break;
      case SIGCONT: resumed = true; break;
      default: continue;
    }
    if (wake >= 0) ::eventfd_write(wake, 1);
  }
}

}  // namespace

server_signals::server_signals() {
  sigemptyset(&taken);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGTSTP})
    if (!is_ignored(signal)) sigaddset(&taken, signal);
  sigaddset(&taken, SIGCONT);
  for (const int signal : {SIGPIPE, SIGTTIN, SIGTTOU, SIGXFSZ}) std::signal(signal, SIG_IGN);
  start_signal_thread(take_signals);
  ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);  // inherited by later threads
}

void server_signals::serve(int wake) noexcept { waker = wake; }
bool server_signals::take_stop() noexcept { return stop_asked.exchange(false); }
bool server_signals::take_reload() noexcept { return reload_asked.exchange(false); }
bool server_signals::take_reopen() noexcept { return reopen_asked.exchange(false); }
bool server_signals::take_suspend() noexcept { return suspend_asked.exchange(false); }
bool server_signals::take_resume() noexcept { return resumed.exchange(false); }
void server_signals::suspend() noexcept { ::kill(::getpid(), SIGSTOP); }

}  // namespace docteur::cache_vm::on_linux
