#pragma once
// Unpredictable numbers from the processor (RDRAND), or, on processors without that, the mixed time stamp, which is
// hard to guess. No valuable secret depends on them: TCP's sequence numbers and ports, glibc's stack canary.

#include <cstdint>

#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {

[[nodiscard]] inline std::uint64_t random_number() noexcept {
  if ((cpuid(1).c & (1u << 30)) != 0) {
    for (int i = 0; i < 10; ++i) {  // Intel SDM 1 7.3.17: ten tries
      std::uint64_t v;
      bool good;
      asm volatile("rdrand %0" : "=r"(v), "=@ccc"(good));
      if (good) return v;
    }
  }
  static std::uint64_t state = 0;  // splitmix64
  state += 0x9e3779b97f4a7c15u + time_stamp();
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace docteur::cache_vm::pvh
