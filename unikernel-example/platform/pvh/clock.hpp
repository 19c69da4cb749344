#pragma once
// Time from the processor's time stamp counter, which is measured once. The date is read from KVM or the real-time
// clock repeatedly, since the counter is inexact and stands still while the machine is paused, saved and restored.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Finds the counter's frequency: from the hypervisor or the processor if they report it, else by the interval timer (5
// ms), else by the real-time clock's periodic flag (0.2 s).
void start_clock() noexcept;
[[nodiscard]] std::uint64_t monotonic_ns() noexcept;  // since start_clock()

// Seconds since 1970 UTC. The machine's clock was read at most 200 ms of running time ago; nullopt on a machine without
// one.
[[nodiscard]] std::optional<std::int64_t> wall_clock() noexcept;

}  // namespace docteur::cache_vm::pvh
