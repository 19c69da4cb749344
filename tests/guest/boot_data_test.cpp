// A loader's data: the memory map and the command line. Also two functions that lwIP relies on.

#include <gtest/gtest.h>

#include <random>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/boot_words.hpp"
#include "unikernel-example/platform/pvh/internet_checksum.hpp"
#include "unikernel-example/platform/pvh/memory_layout.hpp"
#include "unikernel-example/platform/pvh/siphash.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint64_t kMax = ~std::uint64_t{0};

void expect_gap(const memory_layout& l, std::uint64_t begin, std::uint64_t end) {
  EXPECT_EQ(l.largest_gap().begin, begin);
  EXPECT_EQ(l.largest_gap().end, end);
}

TEST(MemoryLayout, TheLargestPieceThatNobodyUses) {
  memory_layout l;
  l.add_ram(0, 0x9fc00);
  l.add_ram(0x100000, 0x3f00000);
  ASSERT_TRUE(l.add_busy(0, 0x100000));
  expect_gap(l, 0x100000, 0x4000000);
  ASSERT_TRUE(l.add_busy(0x3000000, 0x123));  // a module
  ASSERT_TRUE(l.add_busy(0x100000, 0x80001));
  expect_gap(l, 0x181000, 0x3000000);
  ASSERT_TRUE(l.add_busy(0x200000, 0x2e00000));
  expect_gap(l, 0x3001000, 0x4000000);
}

TEST(MemoryLayout, OddMaps) {
  memory_layout l;
  expect_gap(l, 0, 0);
  l.add_ram(0, 0);           // microvm's last entry
  l.add_ram(kMax - 10, 11);  // would end past the end
  l.add_ram(kMax - 10, 10);  // no whole page
  expect_gap(l, 0, 0);
  l.add_ram(0x1001, 0x1ffe);  // 0x1001 to 0x2fff
  expect_gap(l, 0, 0);
  l.add_ram(0x5000, 0x1000);
  l.add_ram(0x5000, 0x2000);  // over the one before
  expect_gap(l, 0x5000, 0x7000);
  ASSERT_TRUE(l.add_busy(0x5000, kMax));  // ends past the end: no range
  expect_gap(l, 0x5000, 0x7000);
  ASSERT_TRUE(l.add_busy(0x5000, 0x2000));
  expect_gap(l, 0, 0);
}

TEST(MemoryLayout, MoreThanThereIsRoomFor) {
  memory_layout l;
  for (std::uint64_t i = 0; i < 100; ++i) l.add_ram(i << 20, 0x1000);
  EXPECT_FALSE(l.is_outside_ram(0, 1));
  std::uint64_t n = 0;
  while (n < 1000 && l.add_busy(n << 20, 1)) ++n;
  EXPECT_EQ(n, 16u);
}

TEST(MemoryLayout, OutsideRam) {
  memory_layout l;
  l.add_ram(0x1000, 0x1000);
  EXPECT_TRUE(l.is_outside_ram(0, 0x1000));
  EXPECT_FALSE(l.is_outside_ram(0, 0x1001));
  EXPECT_FALSE(l.is_outside_ram(0x1fff, 1));
  EXPECT_TRUE(l.is_outside_ram(0x2000, 0x1000));
  EXPECT_FALSE(l.is_outside_ram(0x2000, kMax));
}

TEST(BootWords, Split) {
  EXPECT_TRUE(split_words("").empty());
  EXPECT_TRUE(split_words("   ").empty());
  EXPECT_EQ(split_words(" a  b=c "), (std::vector<std::string_view>{"a", "b=c"}));
}

TEST(BootWords, Addresses) {
  EXPECT_EQ(parse_ip("10.0.2.15")->address, 0x0a00020fu);
  EXPECT_FALSE(parse_ip("10.0.2.15")->prefix);
  EXPECT_EQ(parse_ip("10.0.2.15/8")->prefix, 8u);
  for (const char* bad : {"", "10", "10.0.2", "10.0.2.", "10.0.2.256", "10.0.2.15.", "10.0.2.15/", "10.0.2.15/0",
                          "10.0.2.15/33", "10.0.2.15/8x", "0.0.0.0", "-1.0.0.1", "1..2.3", "99999999999.1.1.1"})
    EXPECT_FALSE(parse_ip(bad)) << bad;
}

TEST(BootWords, MmioDevices) {
  EXPECT_EQ(parse_mmio_place("512@0xfeb00e00:12"), (mmio_place{0xfeb00e00, 512, 12}));
  EXPECT_EQ(parse_mmio_place("4K@0xd0000000:5:0"), (mmio_place{0xd0000000, 4096, 5}));  // Firecracker
  EXPECT_EQ(parse_mmio_place("1M@1073741824:0x10"), (mmio_place{1 << 30, 1 << 20, 16}));
  for (const char* bad : {"", "512", "512@", "512@1", "512@1:", "512@1:65536", "@1:2", "512@0x:2",
                          "512@1:2:", "512@1:2x", "99999999999999999999@1:2", "20000000000G@1:2"})
    EXPECT_FALSE(parse_mmio_place(bad)) << bad;
}

// RFC 1071, section 4.1, as it stands there.
std::uint16_t slow_checksum(bytes data) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i) sum += std::to_integer<std::uint64_t>(data[i]) << (i % 2 == 0 ? 0 : 8);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

TEST(InternetChecksum, IsThatOfTheRfc) {
  std::mt19937 dice(1);
  std::vector<std::byte> data(2100);
  for (const bool all_ones : {true, false}) {
    for (std::byte& b : data) b = all_ones ? std::byte{0xff} : static_cast<std::byte>(dice());
    for (std::size_t at = 0; at < 9; ++at) {
      for (std::size_t size = 0; size < 300; ++size)
        ASSERT_EQ(internet_checksum(data.data() + at, size), slow_checksum(bytes(data).subspan(at, size)))
            << at << ", " << size;
      for (const std::size_t size : {1460u, 1461u, 2048u})
        ASSERT_EQ(internet_checksum(data.data() + at, size), slow_checksum(bytes(data).subspan(at, size)));
    }
  }
}

// vectors.h of the reference implementation: the key is 00 01 ... 0f, the message 00 01 ... 0f.
static_assert(siphash({0x0706050403020100, 0x0f0e0d0c0b0a0908},
                      std::array<std::uint64_t, 2>{0x0706050403020100, 0x0f0e0d0c0b0a0908}) == 0x3f2acc7f57c29bdb);

}  // namespace
}  // namespace docteur::cache_vm::pvh
