#include "layout/origin_section.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace docteur;

namespace {

std::vector<std::byte> section(std::string_view options) {
  oid digest(hash_kind::sha256);
  digest.view()[31] = std::byte{7};
  const origin_head head = encode_origin_head({digest, 3, 1234567890123, 7, options});
  std::vector<std::byte> raw(head.size() + options.size());
  std::ranges::copy(head, raw.begin());
  std::ranges::copy(as_bytes(options), raw.begin() + static_cast<std::ptrdiff_t>(head.size()));
  return raw;
}

}  // namespace

TEST(OriginSection, ComesBack) {
  const auto raw = section("--effort max");
  const auto origin = decode_origin(raw, 0);
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->digest.view()[31], std::byte{7});
  EXPECT_EQ(origin->steps, 3u);
  EXPECT_EQ(origin->first_pack, 1234567890123u);
  EXPECT_EQ(origin->first_content, 7u);
  EXPECT_EQ(origin->options, "--effort max");
}

TEST(OriginSection, RefusesWhatIsNotOne) {
  for (std::size_t size = 0; size <= kOriginHead; ++size)
    EXPECT_FALSE(decode_origin(bytes(section("x")).first(size), 0));
  EXPECT_FALSE(decode_origin(section(std::string(kMostOriginOptions + 1, 'x')), 0));
  EXPECT_TRUE(decode_origin(section(std::string(kMostOriginOptions, 'x')), 0));
  EXPECT_FALSE(decode_origin(section("a\nb"), 0));
  EXPECT_FALSE(decode_origin(section("\x7f"), 0));
  auto raw = section("x");
  raw[36] = std::byte{1};
  EXPECT_FALSE(decode_origin(raw, 0));
  raw = section("x");
  raw[32] = std::byte{0};
  EXPECT_FALSE(decode_origin(raw, 0));
}
