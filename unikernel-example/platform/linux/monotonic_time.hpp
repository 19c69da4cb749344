#pragma once
// The clock of the platform. Hosted.

#include <cstdint>
#include <ctime>

namespace docteur::cache_vm::on_linux {

// CLOCK_MONOTONIC, in ns.
[[nodiscard]] inline std::uint64_t monotonic_time() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace docteur::cache_vm::on_linux
