// Compiled for integer registers only, as clock.cpp is.

#include "unikernel-example/platform/pvh/real_time_clock.hpp"

#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint8_t kStatusA = 10;
constexpr std::uint8_t kStatusB = 11;
constexpr std::uint8_t kStatusC = 12;

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

// Days since 1970 of a Gregorian date. Years begin in March, so that the leap day is last.
std::int64_t days_since_1970(std::int64_t year, unsigned month, unsigned day) noexcept {
  if (month <= 2) --year;
  const std::int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

void set_clock_register(std::uint8_t number, std::uint8_t value) noexcept {
  out8(0x70, number);
  out8(0x71, value);
}

// Waits for the periodic flag, which reading clears. False when that takes too long.
bool wait_for_period() noexcept {
  constexpr std::uint64_t kGiveUp = std::uint64_t{1} << 30;  // some tenths of a second: many periods
  for (const std::uint64_t since = time_stamp(); (clock_register(kStatusC) & 0x40) == 0;)
    if (time_stamp() - since > kGiveUp) return false;
  return true;
}

}  // namespace

std::optional<std::int64_t> real_time_clock_date() noexcept {
  date d{};
  for (int tries = 0;; ++tries) {  // until two reads agree and no update is in progress
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

std::uint64_t counts_in_clock_periods(unsigned periods) noexcept {
  const std::uint8_t a = clock_register(kStatusA);
  const std::uint8_t b = clock_register(kStatusB);
  if (a == 0xff && b == 0xff) return 0;
  set_clock_register(kStatusA, static_cast<std::uint8_t>((a & 0xf0) | 10));  // 64 Hz: faster rates lose periods
  set_clock_register(kStatusB, b | 0x40);  // the interrupt is masked (prepare_interrupts)
  bool good = wait_for_period() && wait_for_period();
  const std::uint64_t begin = time_stamp();
  for (unsigned i = 0; i < periods && good; ++i) good = wait_for_period();
  const std::uint64_t took = time_stamp() - begin;
  set_clock_register(kStatusB, b);
  set_clock_register(kStatusA, a);
  static_cast<void>(clock_register(kStatusC));
  return good ? took : 0;
}

}  // namespace docteur::cache_vm::pvh
