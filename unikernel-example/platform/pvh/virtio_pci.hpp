#pragma once
// virtio over PCI (4.1), version 1.0 and newer, including transitional devices by their modern interface.

#include <memory>
#include <vector>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

// The network and block devices on all buses, ordered by bus, device and function. Empty on a machine without PCI. A
// device with only a legacy interface is skipped, and named on the console.
[[nodiscard]] std::vector<std::unique_ptr<virtio_transport>> find_virtio_pci();

}  // namespace docteur::cache_vm::pvh
