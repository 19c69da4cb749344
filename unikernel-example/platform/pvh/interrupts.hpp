#pragma once
// Interrupts serve one purpose: to end the wait of an idle machine. What happened is found by polling.
// Local APIC and I/O APIC: Intel SDM 3A chapter 10, 82093AA data sheet.

#include <cstdint>

namespace docteur::cache_vm::pvh {

// Exceptions are reported from now on. Before glibc: integer registers only.
void prepare_interrupts() noexcept;

// The local APIC and its timer; needs the clock.
void start_local_apic() noexcept;

// An I/O APIC at `address` whose first input is `first_input`, as ACPI's MADT says.
void add_io_apic(std::uint64_t address, std::uint32_t first_input) noexcept;

// Has the edge-triggered `input` (a "global system interrupt") end a wait. False when no I/O APIC has it.
[[nodiscard]] bool enable_input(std::uint32_t input) noexcept;

// Where a device writes what to end a wait (message signalled interrupts).
[[nodiscard]] std::uint64_t message_address() noexcept;
[[nodiscard]] std::uint32_t message_data() noexcept;

// Sleeps until an interrupt comes, but at most `ns`.
void wait(std::uint64_t ns) noexcept;

}  // namespace docteur::cache_vm::pvh
