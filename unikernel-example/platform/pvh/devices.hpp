#pragma once
// Finds the machine's virtio devices.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

// Devices named by the command line (`virtio_mmio.device=SIZE@ADDRESS:INTERRUPT`), ACPI and PCI; if these name none,
// those at the addresses of QEMU's microvm. Also reads ACPI's other facts. The order is that of QEMU's command line.
[[nodiscard]] std::vector<std::unique_ptr<virtio_transport>> find_devices(std::span<const std::string_view> words);

}  // namespace docteur::cache_vm::pvh
