// Compiled for integer registers only, as clock.cpp is.

#include "unikernel-example/platform/pvh/kvm_clock.hpp"

#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

__extension__ using wide = unsigned __int128;

constexpr std::uint32_t kWallClock = 0x4b564d00;   // MSR_KVM_WALL_CLOCK_NEW
constexpr std::uint32_t kSystemTime = 0x4b564d01;  // MSR_KVM_SYSTEM_TIME_NEW

// struct pvclock_wall_clock: the date when the system time was 0. Odd versions are being written.
struct wall_clock_page {
  std::uint32_t version, seconds, nanoseconds;
};
// struct pvclock_vcpu_time_info
struct system_time_page {
  std::uint32_t version, padding;
  std::uint64_t counter;  // of the time stamp, when the system time was
  std::uint64_t time;     // ns
  std::uint32_t multiplier;
  std::int8_t shift;
  std::uint8_t flags;
  std::uint8_t padding2[2];
};
static_assert(sizeof(system_time_page) == 32);

alignas(64) volatile wall_clock_page wall;
alignas(64) volatile system_time_page system_time;

std::uint64_t address_of(const volatile void* p) noexcept { return reinterpret_cast<std::uint64_t>(p); }

std::uint64_t system_time_now() noexcept {
  for (;;) {
    const std::uint32_t version = system_time.version;
    compiler_barrier();
    const std::uint64_t counts = time_stamp() - system_time.counter;
    const int shift = system_time.shift;
    const std::uint64_t shifted = shift < 0 ? counts >> -shift : counts << shift;
    const std::uint64_t now =
        system_time.time + static_cast<std::uint64_t>(wide{shifted} * system_time.multiplier >> 32);
    compiler_barrier();
    if (version % 2 == 0 && version == system_time.version) return now;
  }
}

}  // namespace

bool start_kvm_clock() noexcept {
  constexpr std::uint32_t kHypervisor = 0x40000000;
  constexpr std::uint32_t kFeatures = 0x40000001;
  constexpr std::uint32_t kClockSource2 = 1u << 3;
  if ((cpuid(1).c & 1u << 31) == 0) return false;
  const cpuid_result name = cpuid(kHypervisor);  // "KVMKVMKVM"
  if (name.b != 0x4b4d564b || name.c != 0x564b4d56 || name.d != 0x4d) return false;
  if ((cpuid(kFeatures).a & kClockSource2) == 0) return false;
  write_msr(kSystemTime, address_of(&system_time) | 1);
  return system_time.multiplier != 0;
}

std::uint64_t kvm_clock_ns_per_count() noexcept {
  const int shift = system_time.shift;
  const std::uint64_t multiplier = system_time.multiplier;
  return shift < 0 ? multiplier >> -shift : multiplier << shift;
}

std::int64_t kvm_clock_date() noexcept {
  write_msr(kWallClock, address_of(&wall));
  const std::uint64_t ns = system_time_now() + wall.nanoseconds;
  return static_cast<std::int64_t>(wall.seconds + ns / 1'000'000'000);
}

}  // namespace docteur::cache_vm::pvh
