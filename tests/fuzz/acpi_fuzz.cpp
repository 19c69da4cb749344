// Property: whatever the firmware's tables contain, reading them ends, reads nothing outside them, and its result is
// usable: registers outside RAM, or ports, and sleep types of three bits. Checksums are corrected first.
#include "fuzz/property.hpp"
#include "guest/firmware_tables.hpp"
#include "unikernel-example/platform/pvh/acpi.hpp"
#include "unikernel-example/platform/pvh/machine.hpp"
#include "unikernel-example/platform/pvh/power.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace docteur;
  using namespace docteur::cache_vm::pvh;
  const bytes in = fuzz_input(data, size);
  if (in.size() > 64 << 10) return 0;
  for (const bool sealed : {true, false}) {
    host.tables.assign(in.begin(), in.end());
    host.io_apics.clear();
    power = {};
    if (sealed) seal_all();
    std::size_t found = 0;
    (void)read_acpi(host_machine::kTables, [&](std::uint64_t, std::uint64_t, std::uint32_t) { ++found; });
    // Of so many tables, each a DSDT with a device for each 8 bytes, or a MADT with an I/O APIC for each 12.
    constexpr std::size_t most = 64;
    PROPERTY(found <= most * (in.size() / 8 + 1));
    PROPERTY(host.io_apics.size() <= most * (in.size() / 12 + 1));
    PROPERTY(power.s5_type_a < 8 && power.s5_type_b < 8);
    for (const power_register& r : {power.pm1a_control, power.pm1b_control, power.sleep_control, power.reset})
      PROPERTY(r.is_port ? r.address <= 0xffff : r.address == 0 || is_outside_ram(r.address, 4));
  }
  return 0;
}
