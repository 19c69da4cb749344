// Compiled for integer registers only: the system call clock_gettime() runs this.

#include "unikernel-example/platform/pvh/clock.hpp"

#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/kvm_clock.hpp"
#include "unikernel-example/platform/pvh/real_time_clock.hpp"

namespace docteur::cache_vm::pvh {
namespace {

__extension__ using wide = unsigned __int128;

std::uint64_t began = 0;
std::uint64_t ns_per_tick = 0;     // times 2^32
std::optional<std::int64_t> date;  // stays nullopt on a machine without a clock
std::uint64_t date_at = 0;         // monotonic_ns() when it was read
bool has_kvm_clock = false;

// Intel 8254: channel 0 as a free-running counter. Channel 2 would need port 0x61, which microvm does not have.
constexpr std::uint16_t kChannel0 = 0x40;
constexpr std::uint16_t kTimerCommand = 0x43;
constexpr std::uint64_t kTimerHz = 1'193'182;

std::uint16_t timer_count() noexcept {
  out8(kTimerCommand, 0x00);  // latch channel 0
  const unsigned low = in8(kChannel0);
  return static_cast<std::uint16_t>(low | static_cast<unsigned>(in8(kChannel0)) << 8);
}

struct measurement {
  std::uint64_t counts = 0;  // of the time stamp counter
  std::uint64_t doubt = 0;   // the uncertainty in counts: the duration of the first and the last read of the timer
  std::uint64_t ticks = 0;   // of the timer; 0 when there is none
};

measurement measure() noexcept {
  constexpr std::uint64_t kGiveUp = std::uint64_t{1} << 30;  // some tenths of a second
  constexpr unsigned kTicks = kTimerHz / 200;
  const std::uint64_t since = time_stamp();
  std::uint64_t before = since;
  const auto look = [&before]() noexcept {
    before = time_stamp();
    return timer_count();
  };
  const std::uint16_t idle = look();
  std::uint16_t first = idle;
  while (first == idle) {  // begin where the count changes
    if (time_stamp() - since > kGiveUp) return {};
    first = look();
  }
  const std::uint64_t begin = time_stamp();
  const std::uint64_t doubt = begin - before;
  std::uint16_t last = first;
  while (static_cast<std::uint16_t>(first - last) < kTicks) {
    if (time_stamp() - since > kGiveUp) return {};
    last = look();
  }
  const std::uint64_t end = time_stamp();
  return {end - begin, doubt + end - before, static_cast<std::uint16_t>(first - last)};
}

// Counts per second by the interval timer, or 0 when there is none.
std::uint64_t measured_frequency() noexcept {
  out8(kTimerCommand, 0x34);  // channel 0, both bytes, mode 2
  out8(kChannel0, 0);
  out8(kChannel0, 0);
  constexpr std::uint64_t kExact = 500;  // an error of 1/500 is accepted; a larger one means an interruption
  measurement best;
  for (int i = 0; i < 4 && (i == 0 || best.doubt > best.counts / kExact); ++i) {
    const measurement m = measure();
    if (m.ticks == 0) return 0;
    if (i == 0 || m.doubt < best.doubt) best = m;
  }
  return static_cast<std::uint64_t>(wide{best.counts} * kTimerHz / best.ticks);
}

std::uint64_t frequency() noexcept {
  constexpr std::uint32_t kHypervisorLeaf = 0x40000000;
  if ((cpuid(1).c & 1u << 31) != 0) {
    const std::uint32_t most = cpuid(kHypervisorLeaf).a;
    if (most >= kHypervisorLeaf + 0x10 && most < kHypervisorLeaf + 0x1000) {
      const std::uint64_t khz = cpuid(kHypervisorLeaf + 0x10).a;  // as defined by VMware and KVM
      if (khz > 0) return khz * 1000;
    }
  }
  if (cpuid(0).a >= 0x15) {
    const cpuid_result r = cpuid(0x15);  // Intel SDM 2A: crystal frequency and its ratio to the counter's
    if (r.a != 0 && r.b != 0 && r.c != 0) return std::uint64_t{r.c} * r.b / r.a;
  }
  if (const std::uint64_t hz = measured_frequency(); hz != 0) return hz;
  constexpr std::uint64_t kGuess = 2'000'000'000;  // time-outs become inexact, nothing else
  const std::uint64_t hz = clock_frequency();
  return hz != 0 ? hz : kGuess;
}

}  // namespace

void start_clock() noexcept {
  has_kvm_clock = start_kvm_clock();
  ns_per_tick =
      has_kvm_clock ? kvm_clock_ns_per_count() : static_cast<std::uint64_t>((wide{1'000'000'000} << 32) / frequency());
  began = time_stamp();
  date = has_kvm_clock ? kvm_clock_date() : real_time_clock_date();
}

std::uint64_t monotonic_ns() noexcept {
  return static_cast<std::uint64_t>(wide{time_stamp() - began} * ns_per_tick >> 32);
}

std::optional<std::int64_t> wall_clock() noexcept {
  constexpr std::uint64_t kFresh = 200'000'000;  // ns
  const std::uint64_t now = monotonic_ns();
  if (!date || now - date_at < kFresh) return date;
  // If the clock cannot be read now, the date continues by the counter.
  date = has_kvm_clock
             ? kvm_clock_date()
             : real_time_clock_date().value_or(*date + static_cast<std::int64_t>((now - date_at) / 1'000'000'000));
  date_at = now;
  return date;
}

}  // namespace docteur::cache_vm::pvh
