#pragma once
// PCI configuration space by ports 0xcf8 and 0xcfc (PCI Local Bus 3.0, 3.2.2.3.2).

#include <cstdint>
#include <functional>

namespace docteur::cache_vm::pvh {

struct pci_address {
  std::uint8_t bus, device, function;
};

// pci_ports.cpp
[[nodiscard]] bool has_pci() noexcept;

// `at`: 0 to 255, a multiple of the field's size.
[[nodiscard]] std::uint32_t pci_read32(pci_address a, std::uint8_t at) noexcept;
[[nodiscard]] std::uint16_t pci_read16(pci_address a, std::uint8_t at) noexcept;
[[nodiscard]] std::uint8_t pci_read8(pci_address a, std::uint8_t at) noexcept;
void pci_write16(pci_address a, std::uint8_t at, std::uint16_t v) noexcept;

// The address in base address register `number` (0 to 5); 0 unless it is assigned memory.
[[nodiscard]] std::uint64_t pci_memory_bar(pci_address a, std::uint8_t number) noexcept;

// Calls `seen` for each function of each device, including those behind bridges.
void for_each_pci(const std::function<void(pci_address)>& seen);

// Calls `seen` with the offset of each capability (6.7).
void for_each_pci_capability(pci_address a, const std::function<void(std::uint8_t id, std::uint8_t at)>& seen);

}  // namespace docteur::cache_vm::pvh
