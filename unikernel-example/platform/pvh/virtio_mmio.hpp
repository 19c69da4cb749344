#pragma once
// virtio over memory-mapped registers (4.2): version 2, and the legacy version 1 (4.2.4), QEMU's default.

#include <cstdint>
#include <memory>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

// The device whose registers are at `address`, which is untrusted: it must be outside RAM. nullptr when there is none,
// or none of a kind used here. `interrupt`: global system interrupt, 0 if unknown.
[[nodiscard]] std::unique_ptr<virtio_transport> open_virtio_mmio(std::uint64_t address, std::uint64_t size,
                                                                 std::uint32_t interrupt);

}  // namespace docteur::cache_vm::pvh
