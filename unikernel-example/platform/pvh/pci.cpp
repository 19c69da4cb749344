#include "unikernel-example/platform/pvh/pci.hpp"

namespace docteur::cache_vm::pvh {
namespace {

void scan_bus(std::uint8_t bus, int depth, const std::function<void(pci_address)>& seen) {
  constexpr int kDeepest = 8;
  for (std::uint8_t device = 0; device < 32; ++device) {
    for (std::uint8_t function = 0; function < 8; ++function) {
      const pci_address a{bus, device, function};
      if (pci_read16(a, 0) == 0xffff) {
        if (function == 0) break;
        continue;
      }
      seen(a);
      const std::uint8_t header = pci_read8(a, 0x0e);
      const std::uint8_t secondary = pci_read8(a, 0x19);
      if ((header & 0x7f) == 1 && secondary > bus && depth < kDeepest) scan_bus(secondary, depth + 1, seen);
      if (function == 0 && (header & 0x80) == 0) break;
    }
  }
}

}  // namespace

std::uint64_t pci_memory_bar(pci_address a, std::uint8_t number) noexcept {
  if (number > 5) return 0;
  const auto at = static_cast<std::uint8_t>(0x10 + 4 * number);
  const std::uint32_t low = pci_read32(a, at);
  if ((low & 1) != 0) return 0;
  const std::uint64_t base = low & ~15u;
  if ((low & 6) != 4) return base;
  return number < 5 ? base | std::uint64_t{pci_read32(a, static_cast<std::uint8_t>(at + 4))} << 32 : 0;
}

void for_each_pci(const std::function<void(pci_address)>& seen) {
  if (has_pci()) scan_bus(0, 0, seen);
}

void for_each_pci_capability(pci_address a, const std::function<void(std::uint8_t id, std::uint8_t at)>& seen) {
  constexpr std::uint8_t kStatus = 0x06;
  constexpr int kMost = 48;  // as many as fit into 256 bytes: ends a cyclic chain
  if ((pci_read16(a, kStatus) & 0x10) == 0) return;
  std::uint8_t at = pci_read8(a, 0x34) & 0xfc;
  for (int i = 0; i < kMost && at >= 0x40; ++i) {
    seen(pci_read8(a, at), at);
    at = pci_read8(a, static_cast<std::uint8_t>(at + 1)) & 0xfc;
  }
}

}  // namespace docteur::cache_vm::pvh
