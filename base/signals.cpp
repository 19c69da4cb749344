#include "base/signals.hpp"

#include <pthread.h>

#include <csignal>
#include <system_error>

namespace docteur {

bool is_ignored(int signal) noexcept {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void start_signal_thread(void* (*body)(void*)) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread{};
  const int error = ::pthread_create(&thread, nullptr, body, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
