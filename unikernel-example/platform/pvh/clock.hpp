#pragma once
// Time: the processor's time stamp counter, measured once; the date from the real-time clock.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Finds the counter's frequency: from the hypervisor where it tells, else by the interval timer (5 ms).
void start_clock() noexcept;
[[nodiscard]] std::uint64_t monotonic_ns() noexcept;  // since start_clock()

// Seconds since 1970 UTC; nullopt on a machine without a clock.
[[nodiscard]] std::optional<std::int64_t> wall_clock() noexcept;

}  // namespace docteur::cache_vm::pvh
