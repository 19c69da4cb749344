#pragma once
// Removes a folder that may still be written to: by a program that was just killed, or by threads that were just asked
// to stop. Hosted, POSIX.

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
