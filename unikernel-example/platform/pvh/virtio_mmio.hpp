#pragma once
// virtio over memory mapped registers (4.2), version 2 and the legacy version 1 (4.2.4), which is QEMU's default.

#include <cstdint>
#include <memory>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

// The device whose registers are at `address`; nullptr when there is none, or it is of no use here. `interrupt`: global
// system interrupt, 0 when it is not known. The address is not trusted: it must be outside RAM.
[[nodiscard]] std::unique_ptr<virtio_transport> open_virtio_mmio(std::uint64_t address, std::uint64_t size,
                                                                 std::uint32_t interrupt);

}  // namespace docteur::cache_vm::pvh
