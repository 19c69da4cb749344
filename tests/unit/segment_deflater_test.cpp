#include "pack/segment_deflater.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "support/noise.hpp"

using namespace docteur;

namespace {

std::string numbers(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) text += std::to_string(i * i) + "\n";
  text.resize(size);
  return text;
}

struct inflated {
  std::string content;
  std::size_t longest_stored = 0;
  bool ended = false;   // behind the final block
  bool at_byte = true;  // where the last block ends
};

// What raw deflate blocks hold, until `in` is used up.
inflated inflate_all(bytes in) {
  inflated got;
  got.content.resize(1 << 20);
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, -15), Z_OK);
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(got.content.data());
  z.avail_out = static_cast<uInt>(got.content.size());
  std::size_t bit = 0, before = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    status = inflate(&z, Z_BLOCK);
    if ((z.data_type & 128) == 0) continue;
    const std::size_t type = (std::to_integer<std::size_t>(in[bit / 8]) |
                              (bit / 8 + 1 < in.size() ? std::to_integer<std::size_t>(in[bit / 8 + 1]) << 8 : 0)) >>
                                 (bit % 8 + 1) &
                             3;
    if (type == 0) got.longest_stored = std::max(got.longest_stored, z.total_out - before);
    const auto unused = static_cast<std::size_t>(z.data_type & 7);
    bit = 8 * z.total_in - unused;
    before = z.total_out;
    got.at_byte = unused == 0;
    if (z.avail_in == 0 && (z.data_type & 64) == 0) break;
  }
  EXPECT_TRUE(status == Z_OK || status == Z_STREAM_END) << status;
  EXPECT_EQ(z.avail_in, 0u);
  got.ended = status == Z_STREAM_END;
  got.content.resize(z.total_out);
  inflateEnd(&z);
  return got;
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

// All ways in which a stream may end within its last byte.
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
