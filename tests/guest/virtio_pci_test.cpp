// Virtio devices on a PCI bus with arbitrary configuration space.

#include "unikernel-example/platform/pvh/virtio_pci.hpp"

#include <gtest/gtest.h>

#include "guest/host_machine.hpp"

namespace docteur::cache_vm::pvh {
namespace {

class function_of_pci {
 public:
  function_of_pci() {
    host.registers.fill(std::byte{0});
    put16(0x00, 0x1af4).put16(0x02, 0x1042).put16(0x06, 0x10);
    put32(0x10, 0x1004);  // a 64-bit base address: 0x1000 into the registers
    put8(0x34, 0x40);
    window(0x40, 0x50, 1, 0x000, 0x38);
    window(0x50, 0x64, 2, 0x100, 0x20);
    put32(0x60, 4);  // notify multiplier
    window(0x64, 0x74, 3, 0x200, 1);
    window(0x74, 0, 4, 0x300, 0x40);
  }
  function_of_pci& put8(std::size_t at, std::uint8_t v) { return config[at] = std::byte{v}, *this; }
  function_of_pci& put16(std::size_t at, std::uint16_t v) { return std::memcpy(&config[at], &v, 2), *this; }
  function_of_pci& put32(std::size_t at, std::uint32_t v) { return std::memcpy(&config[at], &v, 4), *this; }
  void window(std::uint8_t at, std::uint8_t next, std::uint8_t type, std::uint32_t offset, std::uint32_t size) {
    put8(at, 0x09).put8(at + 1u, next).put8(at + 2u, 16).put8(at + 3u, type).put8(at + 4u, 0);
    put32(at + 8u, offset).put32(at + 12u, size);
  }
  [[nodiscard]] std::size_t found() const {
    host.functions = {config};
    return find_virtio_pci().size();
  }
  std::array<std::byte, 256> config{};
};

TEST(VirtioPci, FindsADeviceAndItsQueues) {
  function_of_pci f;
  host.functions = {f.config};
  const auto all = find_virtio_pci();
  ASSERT_EQ(all.size(), 1u);
  virtio_transport& t = *all[0];
  EXPECT_EQ(t.kind(), virtio_kind::block);
  EXPECT_TRUE(t.is_modern());
  host.registers[0x1000 + 0x18] = std::byte{128};  // queue_size
  EXPECT_EQ(t.queue_limit(0), 128);
  host.registers[0x1000 + 0x1e] = std::byte{2};  // queue_notify_off: 2 * 4
  EXPECT_TRUE(t.set_queue(0, {64, 0x1000, 0x2000, 0x3000}));
  t.notify(0);
  host.registers[0x1000 + 0x1e] = std::byte{8};  // 8 * 4: past the window of 0x20
  EXPECT_FALSE(t.set_queue(0, {64, 0x1000, 0x2000, 0x3000}));
  EXPECT_FALSE(t.set_queue(2, {64, 0x1000, 0x2000, 0x3000}));
  host.registers[0x1300] = std::byte{0x77};
  EXPECT_EQ(t.config8(0), 0x77);
  EXPECT_EQ(t.config32(0x3e), 0u);  // across the end
  EXPECT_EQ(t.config8(0xffffffff), 0u);
}

TEST(VirtioPci, WindowsOutsideTheRegistersAreNone) {
  for (const std::uint32_t offset : {0xf000u, 0xefc9u, 0xffffffffu}) {
    function_of_pci f;
    f.window(0x40, 0x50, 1, offset, 0x38);
    EXPECT_EQ(f.found(), 0u) << offset;
  }
  for (const std::uint32_t size : {0u, 0x37u, 0xf001u, 0xffffffffu}) {
    function_of_pci f;
    f.window(0x40, 0x50, 1, 0, size);
    EXPECT_EQ(f.found(), 0u) << size;
  }
}

TEST(VirtioPci, RegistersAreAligned) {
  for (const std::uint32_t offset : {1u, 2u, 3u}) {
    function_of_pci common;
    common.window(0x40, 0x50, 1, offset, 0x38);
    EXPECT_EQ(common.found(), 0u) << offset;
    function_of_pci notify;
    notify.window(0x50, 0x64, 2, 0x100 + offset, 0x20);
    EXPECT_EQ(notify.found(), offset % 2 == 0 ? 1u : 0u) << offset;
    EXPECT_EQ(function_of_pci().put32(0x60, offset).found(), offset % 2 == 0 ? 1u : 0u) << offset;
  }
}

TEST(VirtioPci, CapabilitiesThatRunInACircleEnd) {
  function_of_pci f;
  f.put8(0x75, 0x40);
  EXPECT_EQ(f.found(), 1u);
  f.put8(0x34, 0xfc).put8(0xfc, 0x09).put8(0xfd, 0xfc);
  EXPECT_EQ(f.found(), 0u);
}

TEST(VirtioPci, OthersAreNoDevices) {
  EXPECT_EQ(function_of_pci().put16(0x00, 0x8086).found(), 0u);
  EXPECT_EQ(function_of_pci().put16(0x02, 0x1044).found(), 0u);                 // entropy
  EXPECT_EQ(function_of_pci().put16(0x06, 0).found(), 0u);                      // no capabilities
  EXPECT_EQ(function_of_pci().put32(0x10, 0).found(), 0u);                      // not assigned
  EXPECT_EQ(function_of_pci().put32(0x10, 0x1001).found(), 0u);                 // a port
  EXPECT_EQ(function_of_pci().put16(0x02, 0x1001).put16(0x2e, 2).found(), 1u);  // transitional
  host.functions.clear();
  EXPECT_TRUE(find_virtio_pci().empty());
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
