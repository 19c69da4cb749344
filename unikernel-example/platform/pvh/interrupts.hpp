#pragma once
// Interrupts only end the wait of an idle machine; events are found by polling.
// Local APIC and I/O APIC: Intel SDM 3A chapter 10, 82093AA data sheet.

#include <cstdint>

namespace docteur::cache_vm::pvh {

// From now on exceptions are reported. Runs before glibc: integer registers only.
void prepare_interrupts() noexcept;

// Starts the local APIC and its timer. The clock must have been started.
void start_local_apic() noexcept;

// Adds the I/O APIC at `address`, whose first input is `first_input` (ACPI's MADT).
void add_io_apic(std::uint64_t address, std::uint32_t first_input) noexcept;

// Lets the edge-triggered `input` (a "global system interrupt") end a wait. False when no I/O APIC has it.
[[nodiscard]] bool enable_input(std::uint32_t input) noexcept;

// The address and the value that a device writes to end a wait (message signalled interrupts).
[[nodiscard]] std::uint64_t message_address() noexcept;
[[nodiscard]] std::uint32_t message_data() noexcept;

// Sleeps until an interrupt comes, but at most `ns`.
void wait(std::uint64_t ns) noexcept;

}  // namespace docteur::cache_vm::pvh
