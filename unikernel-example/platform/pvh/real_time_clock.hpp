#pragma once
// The real-time clock of a PC: Motorola MC146818A, at ports 0x70 and 0x71. Integer registers only.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Seconds since 1970 UTC; nullopt without such a clock. Costs some forty port accesses.
[[nodiscard]] std::optional<std::int64_t> real_time_clock_date() noexcept;

// How often the time stamp counter counts in a second, within a few parts of a hundred; 0 when there is no clock or it
// stands still. Takes an eighth of a second, or up to a few seconds where the hypervisor does not get the processor.
[[nodiscard]] std::uint64_t clock_frequency() noexcept;

}  // namespace docteur::cache_vm::pvh
