// Compiled for integer registers only: exceptions and system calls end here.

#include "unikernel-example/platform/pvh/power.hpp"

#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/serial.hpp"

namespace docteur::cache_vm::pvh {

constinit power_facts power;

namespace {

template <class T>
void write(const power_register& r, T v) noexcept {
  if (r.address == 0) return;
  if (!r.is_port) {
    write_register<T>(r.address, v);
  } else if constexpr (sizeof(T) == 1) {
    out8(static_cast<std::uint16_t>(r.address), v);
  } else {
    out16(static_cast<std::uint16_t>(r.address), v);
  }
}

// The write takes effect with a delay, so the machine waits before it tries the next method.
void give_it_time() noexcept {
  const std::uint64_t begin = time_stamp();
  while (time_stamp() - begin < 300'000'000) pause();
}

// Without an interrupt table, neither the next exception nor the double fault can be delivered: the processor shuts
// down.
[[noreturn]] void triple_fault() noexcept {
  struct [[gnu::packed]] {
    std::uint16_t limit = 0;
    std::uint64_t base = 0;
  } const nothing;
  asm volatile("lidt %0; int3" : : "m"(nothing));
  for (;;) asm volatile("hlt");
}

}  // namespace

void power_off() noexcept {
  if (power.has_s5) {
    constexpr unsigned kSleepEnable = 1u << 13;  // ACPI 6.4, 4.8.3.2.1: type in bits 10-12
    write(power.sleep_control, static_cast<std::uint8_t>(unsigned{power.s5_type_a} << 2 | 1u << 5));  // 4.8.3.7
    write(power.pm1a_control, static_cast<std::uint16_t>(unsigned{power.s5_type_a} << 10 | kSleepEnable));
    write(power.pm1b_control, static_cast<std::uint16_t>(unsigned{power.s5_type_b} << 10 | kSleepEnable));
    give_it_time();
  }
  triple_fault();  // ends a machine that does not reboot (QEMU: -no-reboot)
}

void reboot() noexcept {
  if (power.reset.address != 0) {
    write(power.reset, power.reset_value);
    give_it_time();
  }
  out8(0x64, 0xfe);  // keyboard controller: pulse the reset line
  give_it_time();
  triple_fault();
}

void end_with_failure(const char* why) noexcept {
  if (why != nullptr) {
    serial::write("failure: ");
    serial::write(why);
    serial::write("\n");
  }
  constexpr std::uint16_t kDebugExit = 0x501;  // isa-debug-exit's default; the status is 2 * value + 1
  out8(kDebugExit, 1);
  power_off();
}

}  // namespace docteur::cache_vm::pvh
