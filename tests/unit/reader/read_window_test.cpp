#include "reader/read_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "support/guest.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kUnit = 4096;
constexpr std::uint64_t kAhead = 64 << 10;
constexpr std::uint64_t kSize = (1 << 20) + 512;  // not a multiple of the unit of reads

std::vector<std::byte> content() {
  std::mt19937 dice(1);
  std::vector<std::byte> c(kSize);
  for (std::byte& b : c) b = static_cast<std::byte>(dice());
  return c;
}

class ReadWindow : public testing::Test {
 protected:
  const std::vector<std::byte> raw = content();
  copying_device disk{raw};
  counting_memory mem;
  read_window window{disk.handle(), mem.handle(), kAhead};

  void expect(std::uint64_t at, std::uint64_t n) {
    const auto got = window.get(at, n);
    ASSERT_TRUE(got) << at << " " << n << ": " << got.error().what;
    ASSERT_EQ(got->size(), n);
    EXPECT_TRUE(as_text(*got) == as_text(bytes(raw).subspan(at, n))) << at << " " << n;
    EXPECT_TRUE(disk.stayed_inside());
  }
};

TEST_F(ReadWindow, GoesForwardInFewReads) {
  for (std::uint64_t at = 0; at + 1000 <= kSize; at += 1000) expect(at, 1000);
  EXPECT_LT(disk.reads(), kSize / kAhead + 8);
  EXPECT_LT(disk.bytes_read(), kSize + kUnit) << "no byte is read twice";
}

TEST_F(ReadWindow, SkipsAlittleOnTheWay) {
  for (std::uint64_t at = 0; at + 10'000 <= kSize; at += 10'000) expect(at, 100);
  EXPECT_LT(disk.reads(), kSize / kAhead + 8);
}

TEST_F(ReadWindow, AJumpCostsTheWayForwardNothing) {
  for (std::uint64_t at = 0; at + 2000 < kSize / 2; at += 2000) {
    expect(at, 2000);
    expect(kSize - kUnit - at, 100);
  }
  // Forward: half of the device and the bytes read ahead. Each jump: one unit, or two if it crosses their border.
  EXPECT_LT(disk.bytes_read(), kSize / 2 + kAhead + kSize / 2 / 2000 * 2 * kUnit);
}

TEST_F(ReadWindow, WhatIsThereOfALongerRangeIsNotReadAgain) {
  std::uint64_t needed = 0;
  for (std::uint64_t at = 0; at + 150'000 <= kSize; at += 150'000) {
    expect(at, 1000);
    expect(at, 100'000);
    needed += 100'000 + 2 * kUnit;
  }
  EXPECT_LT(disk.bytes_read(), needed);
}

TEST_F(ReadWindow, AnswersAnyRangeRightly) {
  std::mt19937_64 dice(2);
  std::uint64_t at = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t n = dice() % 64 == 0 ? dice() % (3 * kAhead) : dice() % 3000;
    switch (dice() % 4) {
      case 0: at = dice() % kSize; break;
      case 1: at -= std::min(at, dice() % 9000); break;
      default: break;  // continues where the last range ended
    }
    at = std::min(at, kSize - 1);
    expect(at, std::min(n, kSize - at));
    at += n;
  }
}

TEST_F(ReadWindow, RefusesWhatLeavesTheDevice) {
  for (const auto& [at, n] : {std::pair{kSize, std::uint64_t{1}},
                              {kSize - 1, std::uint64_t{2}},
                              {std::uint64_t{1}, kSize},
                              {~std::uint64_t{0}, std::uint64_t{1}},
                              {std::uint64_t{1}, ~std::uint64_t{0}}})
    EXPECT_EQ(window.get(at, n).error().code, errc::truncated) << at << " " << n;
  EXPECT_EQ(disk.reads(), 0u);
  expect(kSize, 0);
}

// The first half is read without failures; then each further read fails once.
TEST_F(ReadWindow, AFaultInWhatIsOnlyReadAheadIsNoFault) {
  std::uint64_t at = 0;
  for (; at < kSize / 2; at += 1000) expect(at, 1000);
  for (; at + 1000 <= kSize; at += 1000) {
    disk.fail_at(0);
    expect(at, 1000);
  }
}

TEST_F(ReadWindow, AfterAFaultItReadsAgain) {
  disk.fail_at(0);
  EXPECT_EQ(window.get(5000, 100).error().code, errc::io);
  expect(5000, 100);
  expect(5100, 100);
}

TEST_F(ReadWindow, WithoutMemoryToReadAheadItReadsWhatIsAskedFor) {
  expect(0, 100);
  mem.fail_at(0);
  expect(kUnit, 100);  // continues forward, so that more than this would be read
  mem.fail_at(0, true);
  EXPECT_EQ(window.get(0, kSize).error().code, errc::out_of_memory);
}

TEST_F(ReadWindow, GivesBackWhatOneLongRangeTook) {
  expect(0, 100);
  expect(100, 700'000);
  EXPECT_GT(mem.used(), 700'000u);
  expect(800'000, 100);
  expect(3 * kUnit, 100);
  expect(900'000, 100);
  EXPECT_LT(mem.used(), 3 * (kAhead + 2 * kUnit));
  EXPECT_TRUE(mem.sizes_match());
}

TEST_F(ReadWindow, TakesNoMemoryOnceItsBuffersAreThere) {
  const auto walk = [&] {
    for (std::uint64_t at = 0; at + 60'000 <= kSize; at += 1000) {
      expect(at, 60'000);
      expect(kSize - 60'000 - at, 60'000);
    }
  };
  walk();
  const std::size_t taken = mem.allocations();
  walk();
  EXPECT_EQ(mem.allocations(), taken);
}

}  // namespace
}  // namespace docteur
