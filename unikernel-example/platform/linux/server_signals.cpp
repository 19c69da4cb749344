#include "unikernel-example/platform/linux/server_signals.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <system_error>

#include "base/leftover.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr int kUnhandled = 128;  // plus the signal: the status a shell gives

sigset_t taken;
std::atomic<int> waker{-1};  // an eventfd; none before serve()
std::atomic<bool> stop_asked{false};
std::atomic<bool> reload_asked{false};
std::atomic<bool> suspend_asked{false};
std::atomic<bool> resumed{false};

[[noreturn]] void end_now(int signal) noexcept {
  leftover::remove_all();
  std::signal(signal, SIG_DFL);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
  std::raise(signal);
  ::_exit(kUnhandled + signal);  // a container's first process has no default actions
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

[[nodiscard]] bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

server_signals::server_signals() {
  sigemptyset(&taken);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGTSTP})
    if (!is_ignored(signal)) sigaddset(&taken, signal);
  sigaddset(&taken, SIGCONT);
  for (const int signal : {SIGPIPE, SIGTTIN, SIGTTOU, SIGXFSZ}) std::signal(signal, SIG_IGN);
  // The thread begins with no signal at all, and every other one without those that it takes.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, nullptr, take_signals, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a thread");
  ::pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  ::pthread_detach(thread);
}

void server_signals::serve(int wake) noexcept { waker = wake; }
bool server_signals::take_stop() noexcept { return stop_asked.exchange(false); }
bool server_signals::take_reload() noexcept { return reload_asked.exchange(false); }
bool server_signals::take_suspend() noexcept { return suspend_asked.exchange(false); }
bool server_signals::take_resume() noexcept { return resumed.exchange(false); }
void server_signals::suspend() noexcept { ::kill(::getpid(), SIGSTOP); }

}  // namespace docteur::cache_vm::on_linux
