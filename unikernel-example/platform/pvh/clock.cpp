// Compiled for integer registers only: clock_gettime() comes here from a system call.

#include "unikernel-example/platform/pvh/clock.hpp"

#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

__extension__ using wide = unsigned __int128;

std::uint64_t began = 0;
std::uint64_t ns_per_tick = 0;  // times 2^32
std::optional<std::int64_t> date_at_start;

// Intel 8254: channel 0 as a free-running counter. Channel 2 would need port 0x61, which microvm does not have.
constexpr std::uint16_t kChannel0 = 0x40;
constexpr std::uint16_t kTimerCommand = 0x43;
constexpr std::uint64_t kTimerHz = 1'193'182;

std::uint16_t timer_count() noexcept {
  out8(kTimerCommand, 0x00);  // latch channel 0
  const unsigned low = in8(kChannel0);
  return static_cast<std::uint16_t>(low | static_cast<unsigned>(in8(kChannel0)) << 8);
}

// Counts per second by the interval timer, or 0 when there is none.
std::uint64_t measured_frequency() noexcept {
  out8(kTimerCommand, 0x34);  // channel 0, both bytes, mode 2
  out8(kChannel0, 0);
  out8(kChannel0, 0);
  constexpr std::uint64_t kGiveUp = std::uint64_t{1} << 30;  // some tenths of a second
  const std::uint64_t since = time_stamp();
  const std::uint16_t idle = timer_count();
  std::uint16_t first = idle;
  while (first == idle) {  // begin where the count changes
    if (time_stamp() - since > kGiveUp) return 0;
    first = timer_count();
  }
  const std::uint64_t begin = time_stamp();
  constexpr unsigned kTicks = kTimerHz / 200;
  std::uint16_t last = first;
  while (static_cast<std::uint16_t>(first - last) < kTicks) {
    if (time_stamp() - since > kGiveUp) return 0;
    last = timer_count();
  }
  const std::uint64_t took = time_stamp() - begin;
  return static_cast<std::uint64_t>(wide{took} * kTimerHz / static_cast<std::uint16_t>(first - last));
}

std::uint64_t frequency() noexcept {
  constexpr std::uint32_t kHypervisorLeaf = 0x40000000;
  if ((cpuid(1).c & 1u << 31) != 0) {
    const std::uint32_t most = cpuid(kHypervisorLeaf).a;
    if (most >= kHypervisorLeaf + 0x10 && most < kHypervisorLeaf + 0x1000) {
      const std::uint64_t khz = cpuid(kHypervisorLeaf + 0x10).a;  // as VMware and KVM have it
      if (khz > 0) return khz * 1000;
    }
  }
  if (cpuid(0).a >= 0x15) {
    const cpuid_result r = cpuid(0x15);  // Intel SDM 2A: crystal frequency and its ratio to the counter's
    if (r.a != 0 && r.b != 0 && r.c != 0) return std::uint64_t{r.c} * r.b / r.a;
  }
  const std::uint64_t hz = measured_frequency();
  constexpr std::uint64_t kGuess = 2'000'000'000;  // time-outs become inexact, nothing else
  return hz != 0 ? hz : kGuess;
}

// Motorola MC146818A.
std::uint8_t clock_register(std::uint8_t number) noexcept {
  out8(0x70, number);
  return in8(0x71);
}

struct date {
  unsigned second, minute, hour, day, month, year, century;
  friend bool operator==(const date&, const date&) = default;
};

date read_date() noexcept {
  return {clock_register(0), clock_register(2), clock_register(4),   clock_register(7),
          clock_register(8), clock_register(9), clock_register(0x32)};
}

// Days since 1970 of a date in the Gregorian calendar: years begin with March, so that the leap day comes last.
std::int64_t days_since_1970(std::int64_t year, unsigned month, unsigned day) noexcept {
  if (month <= 2) --year;
  const std::int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

std::optional<std::int64_t> date_now() noexcept {
  constexpr std::uint8_t kStatusA = 10;
  constexpr std::uint8_t kStatusB = 11;
  date d{};
  for (int tries = 0;; ++tries) {  // twice the same, and no update going on
    if (tries == 10'000) return std::nullopt;
    if ((clock_register(kStatusA) & 0x80) != 0) continue;
    d = read_date();
    if ((clock_register(kStatusA) & 0x80) == 0 && d == read_date()) break;
  }
  const std::uint8_t status = clock_register(kStatusB);
  const bool afternoon = (d.hour & 0x80) != 0;
  d.hour &= 0x7f;
  if ((status & 4) == 0) {  // BCD
    for (unsigned* v : {&d.second, &d.minute, &d.hour, &d.day, &d.month, &d.year, &d.century})
      *v = (*v >> 4) * 10 + (*v & 15);
  }
  if ((status & 2) == 0) d.hour = d.hour % 12 + (afternoon ? 12 : 0);
  if (d.second > 60 || d.minute > 59 || d.hour > 23 || d.day < 1 || d.day > 31 || d.month < 1 || d.month > 12 ||
      d.year > 99)
    return std::nullopt;
  const unsigned century = d.century >= 19 && d.century <= 30 ? d.century : 20;
  return ((days_since_1970(century * 100 + d.year, d.month, d.day) * 24 + d.hour) * 60 + d.minute) * 60 + d.second;
}

}  // namespace

void start_clock() noexcept {
  ns_per_tick = static_cast<std::uint64_t>((wide{1'000'000'000} << 32) / frequency());
  began = time_stamp();
  date_at_start = date_now();
}

std::uint64_t monotonic_ns() noexcept {
  return static_cast<std::uint64_t>(wide{time_stamp() - began} * ns_per_tick >> 32);
}

std::optional<std::int64_t> wall_clock() noexcept {
  if (!date_at_start) return std::nullopt;
  return *date_at_start + static_cast<std::int64_t>(monotonic_ns() / 1'000'000'000);
}

}  // namespace docteur::cache_vm::pvh
