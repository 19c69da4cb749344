// Facts from ACPI tables, good and bad ones.

#include "unikernel-example/platform/pvh/acpi.hpp"

#include <gtest/gtest.h>

#include "guest/firmware_tables.hpp"
#include "unikernel-example/platform/pvh/power.hpp"

namespace docteur::cache_vm::pvh {
namespace {

struct found_device {
  std::uint64_t address, size;
  std::uint32_t interrupt;
  friend bool operator==(const found_device&, const found_device&) = default;
};

std::string number(std::uint64_t v, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(v >> 8 * i & 0xff);
  return out;
}

// A virtio-mmio device as QEMU's microvm describes it: _HID, then a buffer of resources.
std::string virtio(std::uint32_t address, std::uint32_t interrupt) {
  return "_HID\x0dLNRO0005" + std::string(1, '\0') + "_CRS" + "\x86" + number(9, 2) + "\x01" + number(address, 4) +
         number(512, 4) + "\x89" + number(6, 2) + "\x03\x01" + number(interrupt, 4) + "\x79" + std::string(1, '\0');
}

const std::string kS5 = "_S5_\x12\x06\x04\x0a\x05\x0a\x07";

class tables_of_a_machine {
 public:
  // `machine`: of PM1a and the like by default.
  explicit tables_of_a_machine(const std::string& dsdt, bool hardware_reduced = false) {
    host.tables.assign(36, std::byte{0});
    power = {};
    host.io_apics.clear();
    const std::uint32_t dsdt_at = add("DSDT", dsdt);
    std::string fadt(240, '\0');
    const auto put = [&fadt](std::size_t at, const std::string& what) { fadt.replace(at - 36, what.size(), what); };
    put(40, number(dsdt_at, 4));
    put(64, number(0x604, 4));
    put(112, number((hardware_reduced ? 1u << 20 : 0) | 1u << 10, 4));
    put(116, std::string("\x01\x08\0\0", 4) + number(0xcf9, 8));
    put(128, "\x06");
    put(244, std::string("\0\x08\0\0", 4) + number(host.registers_at() + 16, 8));
    const std::uint32_t fadt_at = add("FACP", fadt);
    const std::uint32_t madt_at =
        add("APIC", std::string(8, '\0') + "\x01\x0c" + std::string(2, '\0') + number(0xfec00000, 4) + number(24, 4));
    const std::uint32_t list_at = add("RSDT", number(fadt_at, 4) + number(madt_at, 4));
    put_root("RSD PTR ", 0);
    put_root(number(list_at, 4), 16);
    seal_all();
  }
  std::vector<found_device> read(bool* good = nullptr) const {
    std::vector<found_device> all;
    const bool read = read_acpi(host_machine::kTables, [&](std::uint64_t address, std::uint64_t size, std::uint32_t i) {
      all.push_back({address, size, i});
    });
    if (good != nullptr) *good = read;
    return all;
  }

 private:
  static std::uint32_t add(std::string_view name, const std::string& body) {
    const auto at = static_cast<std::uint32_t>(host_machine::kTables + host.tables.size());
    const std::string whole = std::string(name) + number(36 + body.size(), 4) + std::string(28, '\0') + body;
    for (const char c : whole) host.tables.push_back(static_cast<std::byte>(c));
    return at;
  }
  static void put_root(const std::string& what, std::size_t at) {
    std::memcpy(host.tables.data() + at, what.data(), what.size());
  }
};

TEST(Acpi, ReadsDevicesPowerAndInterruptControllers) {
  const tables_of_a_machine t("odd " + kS5 + virtio(0xfeb00e00, 12) + " between " + virtio(0xfeb00c00, 11));
  bool good = false;
  EXPECT_EQ(t.read(&good), (std::vector<found_device>{{0xfeb00e00, 512, 12}, {0xfeb00c00, 512, 11}}));
  EXPECT_TRUE(good);
  EXPECT_TRUE(power.has_s5);
  EXPECT_EQ(power.s5_type_a, 5);
  EXPECT_EQ(power.s5_type_b, 7);
  EXPECT_EQ(power.pm1a_control.address, 0x604u);
  EXPECT_TRUE(power.pm1a_control.is_port);
  EXPECT_EQ(power.reset.address, 0xcf9u);
  EXPECT_EQ(power.reset_value, 6);
  ASSERT_EQ(host.io_apics.size(), 1u);
  EXPECT_EQ(host.io_apics[0].address, 0xfec00000u);
  EXPECT_EQ(host.io_apics[0].first_input, 24u);
}

TEST(Acpi, HardwareReducedMachinesSleepByMemory) {
  const tables_of_a_machine t(kS5, true);
  EXPECT_TRUE(t.read().empty());
  EXPECT_EQ(power.sleep_control.address, host.registers_at() + 16);
  EXPECT_FALSE(power.sleep_control.is_port);
  EXPECT_EQ(power.pm1a_control.address, 0u);
}

TEST(Acpi, EveryTableThatDoesNotSumUpIsPassedOver) {
  const tables_of_a_machine t(kS5 + virtio(0xfeb00e00, 12));
  const std::vector<std::byte> good = host.tables;
  for (std::size_t i = 0; i < good.size(); ++i) {
    host.tables = good;
    host.tables[i] ^= std::byte{0x40};
    power = {};
    for (const found_device& d : t.read()) EXPECT_EQ(d, (found_device{0xfeb00e00, 512, 12})) << i;
    EXPECT_TRUE(!power.has_s5 || power.s5_type_a == 5) << i;
  }
}

TEST(Acpi, TablesCutShort) {
  const tables_of_a_machine t(kS5 + virtio(0xfeb00e00, 12));
  const std::vector<std::byte> good = host.tables;
  for (std::size_t size = 0; size < good.size(); ++size) {
    host.tables.assign(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    for (const found_device& d : t.read()) EXPECT_EQ(d, (found_device{0xfeb00e00, 512, 12})) << size;
  }
}

TEST(Acpi, OddDsdts) {
  for (const std::string& dsdt :
       {std::string("_S5_"), std::string("_S5_\x12"), std::string("_S5_\x12\x06"), std::string("_S5_\x12\x06\x04\x0a"),
        std::string("_S5_\x12\xc6\x04"), std::string("LNRO0005"), virtio(1, 2).substr(0, 29)}) {
    const tables_of_a_machine t(dsdt);
    EXPECT_TRUE(t.read().empty());
    EXPECT_FALSE(power.has_s5);
  }
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
