#pragma once
// Time: the processor's time stamp counter, measured once; the date from KVM or the real-time clock, again and again:
// the counter is not exact, and stands still while the machine is paused, saved and restored.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Finds the counter's frequency: from the hypervisor or the processor where they tell, else by the interval timer (5
// ms), else by the real-time clock's periodic flag (0.2 s).
void start_clock() noexcept;
[[nodiscard]] std::uint64_t monotonic_ns() noexcept;  // since start_clock()

// Seconds since 1970 UTC, as the machine's clock had it at most 200 ms of running ago; nullopt on a machine without
// one.
[[nodiscard]] std::optional<std::int64_t> wall_clock() noexcept;

}  // namespace docteur::cache_vm::pvh
