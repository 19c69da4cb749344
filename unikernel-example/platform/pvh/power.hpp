#pragma once
// Ends the machine. None of these functions returns.

#include <cstdint>

namespace docteur::cache_vm::pvh {

// A register of the ACPI tables: memory or an I/O port (ACPI 6.4, 5.2.3.2).
struct power_register {
  std::uint64_t address = 0;  // 0: there is none
  bool is_port = false;
};

// ACPI's facts about power off and reset, set by read_acpi().
struct power_facts {
  power_register pm1a_control;   // 16 bits
  power_register pm1b_control;   // 16 bits
  power_register sleep_control;  // 8 bits, hardware-reduced machines
  power_register reset;          // 8 bits
  std::uint8_t reset_value = 0;
  bool has_s5 = false;
  std::uint8_t s5_type_a = 0;
  std::uint8_t s5_type_b = 0;
};
extern power_facts power;

[[noreturn]] void power_off() noexcept;
[[noreturn]] void reboot() noexcept;

// Uses QEMU's isa-debug-exit if present (exit status 3), else powers off. `why`: one line for the console, or nullptr.
[[noreturn]] void end_with_failure(const char* why) noexcept;

}  // namespace docteur::cache_vm::pvh
