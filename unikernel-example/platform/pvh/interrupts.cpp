// Compiled for integer registers only: prepare_interrupts() and report_exception() run outside glibc.

#include "unikernel-example/platform/pvh/interrupts.hpp"

#include <cstddef>

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/power.hpp"
#include "unikernel-example/platform/pvh/serial.hpp"

extern "C" {
extern const char exception_entries[];
extern std::uint64_t global_descriptors[5];
extern const char task_state[];
void interrupt_entry();
void spurious_entry();
void wait_for_interrupt();
void report_exception(const std::uint64_t* frame);
// Written to end an interrupt; points to plain memory until there is a local APIC.
std::uint64_t nowhere;
std::uint64_t local_apic_end_of_interrupt = reinterpret_cast<std::uint64_t>(&nowhere);
}

namespace docteur::cache_vm::pvh {
namespace {

constexpr unsigned kWakeVector = 0x40;
constexpr unsigned kSpuriousVector = 0xff;

// Local APIC registers.
constexpr std::uint32_t kId = 0x20;
constexpr std::uint32_t kTaskPriority = 0x80;
constexpr std::uint32_t kEndOfInterrupt = 0xb0;
constexpr std::uint32_t kSpurious = 0xf0;
constexpr std::uint32_t kTimer = 0x320;
constexpr std::uint32_t kLint0 = 0x350;
constexpr std::uint32_t kLint1 = 0x360;
constexpr std::uint32_t kInitialCount = 0x380;
constexpr std::uint32_t kCurrentCount = 0x390;
constexpr std::uint32_t kDivide = 0x3e0;
constexpr std::uint32_t kMasked = 1u << 16;

struct gate {
  std::uint64_t low, high;
};
gate gates[256];

std::uint64_t local_apic = 0;
std::uint64_t timer_per_second = 0;

struct io_apic {
  std::uint64_t address;
  std::uint32_t first_input;
  std::uint32_t inputs;
};
io_apic io_apics[4];
std::size_t io_apic_count = 0;

void set_gate(unsigned vector, std::uint64_t entry, unsigned stack) noexcept {
  // Interrupt gate, present, ring 0, code segment 0x08 (Intel SDM 3A 6.14.1).
  gates[vector] = {(entry & 0xffff) | 0x08u << 16 | std::uint64_t{stack} << 32 | std::uint64_t{0x8e} << 40 |
                       (entry >> 16 & 0xffff) << 48,
                   entry >> 32};
}

void write_io_apic(const io_apic& a, std::uint32_t number, std::uint32_t v) noexcept {
  write_register<std::uint32_t>(a.address, number);
  write_register<std::uint32_t>(a.address + 0x10, v);
}
std::uint32_t read_io_apic(const io_apic& a, std::uint32_t number) noexcept {
  write_register<std::uint32_t>(a.address, number);
  return read_register<std::uint32_t>(a.address + 0x10);
}

const char* exception_name(std::uint64_t number) noexcept {
  switch (number) {
    case 0: return "division by zero";
    case 3: return "breakpoint";
    case 6: return "invalid instruction";
    case 7: return "no floating point unit";
    case 8: return "double fault";
    case 13: return "general protection";
    case 14: return "page fault";
    case 16: return "x87 error";
    case 17: return "alignment";
    case 18: return "machine check";
    case 19: return "SSE error";
    default: return "exception";
  }
}

}  // namespace

void prepare_interrupts() noexcept {
  const auto tss = reinterpret_cast<std::uint64_t>(task_state);
  global_descriptors[3] =
      103 | (tss & 0xffffff) << 16 | std::uint64_t{0x89} << 40 | (tss >> 24 & 0xff) << 56;  // available, present
  global_descriptors[4] = tss >> 32;
  asm volatile("ltr %w0" : : "r"(0x18) : "memory");

  for (unsigned v = 0; v < 32; ++v) set_gate(v, reinterpret_cast<std::uint64_t>(exception_entries) + 16 * v, 1);
  for (unsigned v = 32; v < 256; ++v) set_gate(v, reinterpret_cast<std::uint64_t>(&spurious_entry), 0);
  set_gate(kWakeVector, reinterpret_cast<std::uint64_t>(&interrupt_entry), 0);
  struct [[gnu::packed]] {
    std::uint16_t limit;
    gate* base;
  } const table{sizeof gates - 1, gates};
  asm volatile("lidt %0" : : "m"(table));
  out8(0x21, 0xff);  // mask all inputs of both 8259 interrupt controllers, if present
  out8(0xa1, 0xff);
}

void start_local_apic() noexcept {
  constexpr std::uint32_t kApicBase = 0x1b;
  const std::uint64_t base = read_msr(kApicBase);
  write_msr(kApicBase, base | 1u << 11);
  local_apic = base & 0x000f'ffff'ffff'f000;
  local_apic_end_of_interrupt = local_apic + kEndOfInterrupt;
  write_register<std::uint32_t>(local_apic + kSpurious, 0x100 | kSpuriousVector);
  write_register<std::uint32_t>(local_apic + kTaskPriority, 0);
  write_register<std::uint32_t>(local_apic + kLint0, kMasked);
  write_register<std::uint32_t>(local_apic + kLint1, kMasked);
  write_register<std::uint32_t>(local_apic + kDivide, 0x3);  // by 16
  write_register<std::uint32_t>(local_apic + kTimer, kMasked | kWakeVector);
  constexpr std::uint64_t kMeasureNs = 1'000'000;
  write_register<std::uint32_t>(local_apic + kInitialCount, 0xffffffff);
  const std::uint64_t begin = monotonic_ns();
  while (monotonic_ns() - begin < kMeasureNs) pause();
  const std::uint32_t left = read_register<std::uint32_t>(local_apic + kCurrentCount);
  const std::uint64_t took = monotonic_ns() - begin;
  write_register<std::uint32_t>(local_apic + kInitialCount, 0);
  timer_per_second = std::uint64_t{0xffffffff - left} * 1'000'000'000 / took;
  if (timer_per_second == 0) timer_per_second = 1'000'000;
  write_register<std::uint32_t>(local_apic + kTimer, kWakeVector);  // one shot
}

void add_io_apic(std::uint64_t address, std::uint32_t first_input) noexcept {
  if (io_apic_count == sizeof io_apics / sizeof io_apics[0] || !is_outside_ram(address, 0x20) ||
      !map_identity(address, 0x20))
    return;
  io_apic a{address, first_input, 0};
  const std::uint32_t version = read_io_apic(a, 1);
  if (version == 0xffffffff) return;
  a.inputs = (version >> 16 & 0xff) + 1;
  for (std::uint32_t i = 0; i < a.inputs; ++i) write_io_apic(a, 0x10 + 2 * i, kMasked);
  io_apics[io_apic_count++] = a;
}

bool enable_input(std::uint32_t input) noexcept {
  for (std::size_t i = 0; i < io_apic_count; ++i) {
    const io_apic& a = io_apics[i];
    if (input < a.first_input || input - a.first_input >= a.inputs) continue;
    const std::uint32_t at = 0x10 + 2 * (input - a.first_input);
    write_io_apic(a, at + 1, read_register<std::uint32_t>(local_apic + kId));  // same place: bits 24-31
    write_io_apic(a, at, kWakeVector);                                         // edge, active high, fixed
    return true;
  }
  return false;
}

std::uint64_t message_address() noexcept {
  return 0xfee00000u | read_register<std::uint32_t>(local_apic + kId) >> 24 << 12;
}
std::uint32_t message_data() noexcept { return kWakeVector; }

void wait(std::uint64_t ns) noexcept {
  // Setting the timer is a device access: it is left alone if it fires early enough anyway.
  constexpr std::uint64_t kLongest = 1'000'000'000;
  static std::uint64_t timer_due = 0;
  const std::uint64_t now = monotonic_ns();
  const std::uint64_t due = now + (ns < kLongest ? ns : kLongest);
  constexpr std::uint64_t kSlack = 1'000'000;  // ns: unnoticeable
  if (timer_due <= now || timer_due > due + kSlack) {
    const std::uint64_t count = (due - now) * timer_per_second / 1'000'000'000;
    write_register<std::uint32_t>(local_apic + kInitialCount, static_cast<std::uint32_t>(count > 0 ? count : 1));
    timer_due = due;
  }
  wait_for_interrupt();
}

}  // namespace docteur::cache_vm::pvh

void report_exception(const std::uint64_t* frame) {
  using namespace docteur::cache_vm::pvh;
  std::uint64_t address;
  asm volatile("movq %%cr2, %0" : "=r"(address));
  serial::write("\nfatal: ");
  serial::write(exception_name(frame[0]));
  serial::write(" (");
  serial::write_decimal(frame[0]);
  serial::write("), code ");
  serial::write_hex(frame[1]);
  serial::write(", at ");
  serial::write_hex(frame[2]);
  serial::write(", address ");
  serial::write_hex(address);
  serial::write(", stack ");
  serial::write_hex(frame[5]);
  if (frame[0] == 14 && is_stack_guard(address)) serial::write(": the stack is used up");
  serial::write("\n");
  end_with_failure(nullptr);
}
