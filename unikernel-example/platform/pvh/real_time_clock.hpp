#pragma once
// The real-time clock of a PC: Motorola MC146818A, at ports 0x70 and 0x71. Integer registers only.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Seconds since 1970 UTC; nullopt without such a clock. Costs some forty port accesses.
[[nodiscard]] std::optional<std::int64_t> real_time_clock_date() noexcept;

// Counts of the time stamp counter in `periods` / 64 s; 0 when the clock has no periodic flag.
[[nodiscard]] std::uint64_t counts_in_clock_periods(unsigned periods) noexcept;

}  // namespace docteur::cache_vm::pvh
