#include "host/read_ahead.hpp"

#include <gtest/gtest.h>

#include <array>

namespace docteur {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kSize = 200 * kMiB;

TEST(ReadAhead, NothingForASingleRead) {
  read_ahead r(kSize);
  EXPECT_EQ(r.note(5 * kMiB, 64 * kKiB).size, 0u);
  EXPECT_EQ(r.note(90 * kMiB, 64 * kKiB).size, 0u);
  EXPECT_EQ(r.note(20 * kMiB, 64 * kKiB).size, 0u);
}

// Everything is asked for once and in order, long before it is read, by pieces that are large soon.
TEST(ReadAhead, PiecesFollowEachOther) {
  read_ahead r(kSize);
  std::uint64_t asked = 0;
  std::uint64_t pieces = 0;
  for (std::uint64_t at = 0; at < kSize; at += 64 * kKiB) {
    const device_range ahead = r.note(at, 64 * kKiB);
    if (ahead.size == 0) continue;
    EXPECT_TRUE(asked == 0 || ahead.offset == asked) << ahead.offset;
    EXPECT_GE(ahead.offset, at + 64 * kKiB);
    asked = ahead.offset + ahead.size;
    EXPECT_LE(asked, at + 64 * kKiB + read_ahead::kMost);
    ++pieces;
  }
  EXPECT_EQ(asked, kSize);
  EXPECT_LE(pieces, kSize / (read_ahead::kMost / 2) + 12);
}

TEST(ReadAhead, EachReaderHasItsOwnPlace) {
  read_ahead r(kSize);
  std::array<int, read_ahead::kReaders> pieces{};
  for (std::uint64_t step = 0; step < 40; ++step)
    for (std::uint64_t reader = 0; reader < read_ahead::kReaders; ++reader) {
      const std::uint64_t at = reader * 20 * kMiB + step * 64 * kKiB;
      const device_range ahead = r.note(at, 64 * kKiB);
      if (ahead.size == 0) continue;
      EXPECT_LE(ahead.offset - at, 5 * kMiB) << "of another reader";
      ++pieces[reader];
    }
  for (const int n : pieces) EXPECT_GT(n, 2);
}

// A jump and back: the place is still known, though others were read meanwhile.
TEST(ReadAhead, JumpsDoNotEndAReader) {
  read_ahead r(kSize);
  std::uint64_t asked = 0;
  for (std::uint64_t step = 0; step < 400; ++step) {
    const std::uint64_t at = step * 64 * kKiB;
    const device_range ahead = r.note(at, 64 * kKiB);
    if (ahead.size > 0) asked = ahead.offset + ahead.size;
    (void)r.note((100 + step * 37 % 90) * kMiB, 16 * kKiB);
    EXPECT_TRUE(step <= 10 || asked > at + 128 * kKiB) << step;
  }
}

TEST(ReadAhead, EndsWithTheDevice) {
  read_ahead r(kMiB + 5);
  std::uint64_t end = 0;
  for (std::uint64_t at = 0; at < kMiB; at += 64 * kKiB) {
    const device_range ahead = r.note(at, 64 * kKiB);
    if (ahead.size > 0) end = ahead.offset + ahead.size;
  }
  EXPECT_EQ(end, kMiB + 5);
  EXPECT_EQ(r.note(kMiB, 5).size, 0u);
}

}  // namespace
}  // namespace docteur
