#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/pci.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint16_t kConfigAddress = 0xcf8;
constexpr std::uint16_t kConfigData = 0xcfc;

void select(pci_address a, std::uint8_t at) noexcept {
  out32(kConfigAddress, 0x80000000u | std::uint32_t{a.bus} << 16 | std::uint32_t{a.device} << 11 |
                            std::uint32_t{a.function} << 8 | (at & 0xfcu));
}

}  // namespace

bool has_pci() noexcept {
  out32(kConfigAddress, 0x80000000u);  // a machine without PCI does not store the address
  return in32(kConfigAddress) == 0x80000000u;
}

std::uint32_t pci_read32(pci_address a, std::uint8_t at) noexcept {
  select(a, at);
  return in32(kConfigData);
}
std::uint16_t pci_read16(pci_address a, std::uint8_t at) noexcept {
  select(a, at);
  return in16(static_cast<std::uint16_t>(kConfigData + (at & 2)));
}
std::uint8_t pci_read8(pci_address a, std::uint8_t at) noexcept {
  select(a, at);
  return in8(static_cast<std::uint16_t>(kConfigData + (at & 3)));
}
void pci_write16(pci_address a, std::uint8_t at, std::uint16_t v) noexcept {
  select(a, at);
  out16(static_cast<std::uint16_t>(kConfigData + (at & 2)), v);
}

}  // namespace docteur::cache_vm::pvh
