#pragma once
// The real-time clock of a PC: Motorola MC146818A, at ports 0x70 and 0x71. Integer registers only.

#include <cstdint>
#include <optional>

namespace docteur::cache_vm::pvh {

// Seconds since 1970 UTC; nullopt without such a clock. Some forty accesses to ports.
[[nodiscard]] std::optional<std::int64_t> real_time_clock_date() noexcept;

// How often the time stamp counter counts in `periods` / 64 s; 0 when the clock has no periodic flag.
[[nodiscard]] std::uint64_t counts_in_clock_periods(unsigned periods) noexcept;

}  // namespace docteur::cache_vm::pvh
