#pragma once
// The little that is wanted of ACPI: how to power off and reboot, where the I/O APICs are, and which virtio-mmio
// devices there are. No AML is run: the DSDT is searched for byte patterns, and what they lead to is checked before
// use.

#include <cstdint>
#include <functional>

namespace docteur::cache_vm::pvh {

// Fills in `power` and the I/O APICs; calls `found` for each virtio-mmio device (_HID "LNRO0005") in the order of the
// DSDT: address of its registers, their size, its interrupt. False when the machine has no (valid) ACPI tables.
bool read_acpi(std::uint64_t root_pointer,
               const std::function<void(std::uint64_t address, std::uint64_t size, std::uint32_t interrupt)>& found);

}  // namespace docteur::cache_vm::pvh
