#pragma once
// The machine's virtio devices, wherever they are said to be.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

// From the command line (`virtio_mmio.device=SIZE@ADDRESS:INTERRUPT`), ACPI, and PCI; when all of them name none, from
// the places where QEMU's microvm has them. Reads ACPI's other facts on the way. The order is that in which QEMU was
// given the devices.
[[nodiscard]] std::vector<std::unique_ptr<virtio_transport>> find_devices(std::span<const std::string_view> words);

}  // namespace docteur::cache_vm::pvh
