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

constexpr std::uint8_t kPeriodRate = 10;  // 64 Hz: quicker ones get lost
constexpr unsigned kPeriodHz = 64;

// Until the periodic flag is up, which a look at it takes down. False when that takes too long.
bool wait_for_period() noexcept {
  constexpr std::uint64_t kGiveUp = std::uint64_t{1} << 30;  // some tenths of a second: many periods
  for (const std::uint64_t since = time_stamp(); (clock_register(kStatusC) & 0x40) == 0;)
    if (time_stamp() - since > kGiveUp) return false;
  return true;
}

// Counts per second of the time stamp counter, by a few periods: an eighth of a second. 0 when the periods are not of
// one length, since some were lost: a hypervisor that does not get the processor in time raises no flag for them.
std::uint64_t frequency_by_periods() noexcept {
  constexpr unsigned kPeriods = 8;
  if (!wait_for_period() || !wait_for_period()) return 0;
  std::uint64_t shortest = ~std::uint64_t{0}, longest = 0, all = 0;
  for (std::uint64_t last = time_stamp(), i = 0; i < kPeriods; ++i) {
    if (!wait_for_period()) return 0;
    const std::uint64_t now = time_stamp();
    shortest = now - last < shortest ? now - last : shortest;
    longest = now - last > longest ? now - last : longest;
    all += now - last;
    last = now;
  }
  return longest - shortest <= shortest / 4 ? all * kPeriodHz / kPeriods : 0;
}

// When the clock's second changes: the counter behind the change, and how long the look took in which it was seen.
struct second_change {
  std::uint64_t at = 0;
  std::uint64_t doubt = 0;
};

// `at` is 0 when no change comes.
second_change wait_for_second() noexcept {
  constexpr std::uint64_t kGiveUp = std::uint64_t{1} << 33;  // more than a second
  const std::uint64_t since = time_stamp();
  const std::uint8_t first = clock_register(0);
  for (std::uint64_t before = since; before - since < kGiveUp;) {
    const bool changed = clock_register(0) != first;
    const std::uint64_t now = time_stamp();
    if (changed) return {now, now - before};
    before = now;
  }
  return {};
}

// The same by a whole second, which is never lost; one that was seen late is measured again.
std::uint64_t frequency_by_seconds() noexcept {
  constexpr std::uint64_t kExact = 50;  // a part in so many is good enough
  std::uint64_t hz = 0;
  second_change begin = wait_for_second();
  for (int i = 0; i < 4; ++i) {
    const second_change end = wait_for_second();
    if (begin.at == 0 || end.at == 0) return 0;
    hz = end.at - begin.at;
    if (begin.doubt + end.doubt <= hz / kExact) break;
    begin = end;
  }
  return hz;
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

std::uint64_t clock_frequency() noexcept {
  const std::uint8_t a = clock_register(kStatusA);
  const std::uint8_t b = clock_register(kStatusB);
  if (a == 0xff && b == 0xff) return 0;
  set_clock_register(kStatusA, static_cast<std::uint8_t>((a & 0xf0) | kPeriodRate));
  set_clock_register(kStatusB, b | 0x40);  // nobody listens to the interrupt (prepare_interrupts)
  const std::uint64_t hz = frequency_by_periods();
  set_clock_register(kStatusB, b);
  set_clock_register(kStatusA, a);
  static_cast<void>(clock_register(kStatusC));
  return hz != 0 ? hz : frequency_by_seconds();
}

}  // namespace docteur::cache_vm::pvh
