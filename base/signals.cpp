#include "base/signals.hpp"

#include <pthread.h>

#include <system_error>

namespace docteur {

signals_blocked::signals_blocked() noexcept {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

signals_blocked::~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool is_ignored(int signal) noexcept {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void start_signal_thread(void* (*body)(void*)) {
  pthread_t thread{};
  int error = 0;
  {
    const signals_blocked block;
    error = ::pthread_create(&thread, nullptr, body, nullptr);
  }
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start a thread");
  ::pthread_detach(thread);
}

void raise_default(int signal) noexcept {
  std::signal(signal, SIG_DFL);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
  std::raise(signal);
}

}  // namespace docteur
