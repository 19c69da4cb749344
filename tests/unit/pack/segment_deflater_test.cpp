#include "pack/segment_deflater.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/inflate_all.hpp"
#include "support/noise.hpp"

using namespace docteur;

namespace {

std::string numbers(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) text += std::to_string(i * i) + "\n";
  text.resize(size);
  return text;
}

const std::string kContents[] = {"a",
                                 "abc",
                                 std::string(100'000, 'x'),
                                 numbers(131'072),
                                 noise(10),
                                 noise(32'768),
                                 noise(32'769),
                                 noise(131'072),
                                 numbers(40'000) + noise(80'000),
                                 noise(80'000) + numbers(40'000),
                                 numbers(9'000) + noise(70'000) + numbers(9'000) + noise(30'000)};

}  // namespace

TEST(SegmentDeflater, EachSegmentStandsForItself) {
  segment_deflater with(7);
  std::vector<std::byte> out;
  for (const std::string& content : kContents) {
    for (const bool last : {false, true}) {
      ASSERT_TRUE(with.run(as_bytes(content), last, out));
      const inflated got = inflate_all(out);
      EXPECT_EQ(got.content, content);
      EXPECT_EQ(got.ended, last);
      EXPECT_LE(got.longest_stored, kStoredBlock);
      EXPECT_TRUE(last || got.at_byte);
      if (!last) {
        ASSERT_GE(out.size(), 4u);
        EXPECT_EQ(load_le<std::uint32_t>(out.data() + out.size() - 4), 0xffff0000u);
      }
    }
  }
}

// With 200 segments, streams end at every bit of their last byte.
TEST(SegmentDeflater, SegmentsAreOneStream) {
  segment_deflater with(7);
  std::vector<std::byte> part, all;
  std::string content;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string piece = i % 50 == 7 ? noise(70'000 + i) : numbers(1 + 13 * i);
    ASSERT_TRUE(with.run(as_bytes(piece), i == 199, part));
    all.insert(all.end(), part.begin(), part.end());
    content += piece;
  }
  const inflated got = inflate_all(all);
  EXPECT_EQ(got.content, content);
  EXPECT_TRUE(got.ended);
}

TEST(SegmentDeflater, CutsLongStoredBlocks) {
  segment_deflater with(7);
  std::vector<std::byte> out;
  ASSERT_TRUE(with.run(as_bytes(noise(131'072)), false, out));
  EXPECT_EQ(inflate_all(out).longest_stored, kStoredBlock);
}
