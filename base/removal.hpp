#pragma once
// Removes a folder that a program just killed, or threads just told to stop, may still write to. Hosted, POSIX.

#include <unistd.h>

namespace docteur {

// Calls `remove` until it returns true, for about 0.2 s.
template <class Remove>
void remove_patiently(const Remove& remove) {
  constexpr int kAttempts = 20;
  constexpr unsigned kPause = 10'000;  // microseconds
  for (int i = 0; i < kAttempts && !remove(); ++i) ::usleep(kPause);
}

}  // namespace docteur
