#include "guest/host_machine.hpp"

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/power.hpp"

namespace docteur::cache_vm::pvh {

host_machine host;
constinit machine_facts machine;
constinit power_facts power;

// clock.hpp
std::uint64_t monotonic_ns() noexcept { return host.now_ns += host.step_ns; }

// interrupts.hpp
void wait(std::uint64_t ns) noexcept { host.now_ns += ns; }
bool enable_input(std::uint32_t) noexcept { return true; }
std::uint64_t message_address() noexcept { return 0xfee00000; }
std::uint32_t message_data() noexcept { return 0x40; }
void add_io_apic(std::uint64_t address, std::uint32_t first_input) noexcept {
  host.io_apics.push_back({address, first_input});
}

// machine.hpp
const void* physical(std::uint64_t address, std::size_t size) noexcept {
  static const std::vector<std::byte> nothing(std::size_t{2} << 20, std::byte{0xff});
  if (address < host_machine::kTables || address - host_machine::kTables > host.tables.size()) return nothing.data();
  const std::size_t at = address - host_machine::kTables;
  return size <= host.tables.size() - at ? host.tables.data() + at : nothing.data();
}
bool is_outside_ram(std::uint64_t begin, std::uint64_t size) noexcept {
  return begin >= host.registers_at() && size <= host_machine::kRegisters &&
         begin - host.registers_at() <= host_machine::kRegisters - size;
}
bool map_identity(std::uint64_t begin, std::uint64_t size) noexcept { return is_outside_ram(begin, size); }

// pci.hpp
bool has_pci() noexcept { return !host.functions.empty(); }

std::uint32_t pci_read32(pci_address a, std::uint8_t at) noexcept {
  if (a.bus != 0 || a.device != 1 || a.function >= host.functions.size()) return 0xffffffff;
  const auto& config = host.functions[a.function];
  std::uint32_t v = load_le<std::uint32_t>(config.data() + (at & 0xfc));
  if ((at & 0xfc) >= 0x10 && (at & 0xfc) < 0x28) {
    const bool is_high = at >= 0x14 && (load_le<std::uint32_t>(config.data() + (at & 0xfc) - 4) & 7) == 4;
    if (is_high) return static_cast<std::uint32_t>(host.registers_at() >> 32);
    if ((v & 0xfff1) == 0 || (v & 7) != 4) return v & 15;  // only 64-bit ones are assigned
    v = (v & 15) | static_cast<std::uint32_t>(host.registers_at() + (v & 0xf000));
  }
  return v;
}
std::uint16_t pci_read16(pci_address a, std::uint8_t at) noexcept {
  return static_cast<std::uint16_t>(pci_read32(a, at) >> 8 * (at & 2));
}
std::uint8_t pci_read8(pci_address a, std::uint8_t at) noexcept {
  return static_cast<std::uint8_t>(pci_read32(a, at) >> 8 * (at & 3));
}
void pci_write16(pci_address a, std::uint8_t at, std::uint16_t v) noexcept {
  if (a.bus != 0 || a.device != 1 || a.function >= host.functions.size()) return;
  std::memcpy(host.functions[a.function].data() + (at & 0xfe), &v, sizeof v);
}

}  // namespace docteur::cache_vm::pvh
