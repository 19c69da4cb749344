#pragma once
// The few facts that are needed from ACPI: how to power off and reboot, and where the I/O APICs and virtio-mmio devices
// are. No AML is run: the DSDT is searched for byte patterns, and their values are checked before use.

#include <cstdint>
#include <functional>

namespace docteur::cache_vm::pvh {

// Fills in `power` and the I/O APICs. Calls `found` for each virtio-mmio device (_HID "LNRO0005") in the order of the
// DSDT, with the address and size of its registers and its interrupt. False when the machine has no valid ACPI tables.
bool read_acpi(std::uint64_t root_pointer,
               const std::function<void(std::uint64_t address, std::uint64_t size, std::uint32_t interrupt)>& found);

}  // namespace docteur::cache_vm::pvh
