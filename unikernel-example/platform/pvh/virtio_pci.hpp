#pragma once
// virtio over PCI (4.1), version 1.0 and newer: transitional devices too, by their modern side.

#include <memory>
#include <vector>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

// The network and block devices on all buses, in the order of bus, device and function. Empty on a machine without PCI.
// A device that has a legacy side only is named on the console and left out.
[[nodiscard]] std::vector<std::unique_ptr<virtio_transport>> find_virtio_pci();

}  // namespace docteur::cache_vm::pvh
