#include "layout/image_header.hpp"

#include <gtest/gtest.h>

namespace docteur {
namespace {

constexpr std::uint64_t kDevice = 1 << 20;
constexpr std::uint64_t kLeastIdx = kPackOffset + kPackHeaderSize + pack_trailer_size(hash_kind::sha1);

image_header sample(std::uint64_t idx_offset) {
  image_header h{};
  for (std::size_t i = 0; i < id_size(hash_kind::sha1); ++i) h.commit.view()[i] = static_cast<std::byte>(i + 1);
  h.idx_offset = idx_offset;
  return h;
}

TEST(ImageHeader, ComesBack) {
  for (const std::uint64_t at : {kLeastIdx, std::uint64_t{512}, kDevice - 1}) {
    const auto h = decode_image_header(encode_image_header(sample(at)), kDevice);
    ASSERT_TRUE(h);
    EXPECT_EQ(h->commit, sample(at).commit);
    EXPECT_EQ(h->idx_offset, at);
  }
}

TEST(ImageHeader, LiesAsDocteurWritesIt) {
  const image_header_bytes raw = encode_image_header(sample(0x0102030405060708));
  EXPECT_EQ(raw[0], std::byte{1});
  EXPECT_EQ(raw[19], std::byte{20});
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(raw[20 + i], static_cast<std::byte>(8 - i)) << "little-endian";
}

TEST(ImageHeader, RefusesEveryPrefix) {
  const image_header_bytes raw = encode_image_header(sample(512));
  for (std::size_t n = 0; n < raw.size(); ++n)
    EXPECT_EQ(decode_image_header(bytes{raw}.first(n), kDevice).error().code, errc::truncated) << "prefix " << n;
}

TEST(ImageHeader, RefusesAnIdxThatCannotBeThere) {
  const auto code = [](std::uint64_t at) {
    return decode_image_header(encode_image_header(sample(at)), kDevice).error().code;
  };
  EXPECT_EQ(code(0), errc::out_of_range);
  EXPECT_EQ(code(kLeastIdx - 1), errc::out_of_range);
  EXPECT_EQ(code(kDevice), errc::truncated);
  EXPECT_EQ(code(~std::uint64_t{0}), errc::truncated);
}

}  // namespace
}  // namespace docteur
