#include "object/sha1.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "object/hasher.hpp"

namespace docteur {
namespace {

std::string hex(const oid& id) {
  const auto h = to_hex(id);
  return {h.begin(), h.end()};
}

std::string sha1_of(std::string_view text, bool instructions) {
  sha1 hash;
  if (!instructions) hash.disable_instructions();
  hash.update(as_bytes(text));
  return hex(hash.finish());
}

// FIPS 180-4 examples.
TEST(Sha1, KnownDigests) {
  for (const bool instructions : {true, false}) {
    EXPECT_EQ(sha1_of("", instructions), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(sha1_of("abc", instructions), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(sha1_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", instructions),
              "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    EXPECT_EQ(sha1_of(std::string(1'000'000, 'a'), instructions), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  }
}

TEST(Sha1, SplitsOfTheInputDoNotMatterAndBothImplementationsAgree) {
  std::string text(300, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + 3);
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string_view whole = std::string_view(text).substr(0, n);
    sha1 split;
    split.update(as_bytes(whole.substr(0, n / 3)));
    split.update(as_bytes(whole.substr(n / 3)));
    const std::string digest = hex(split.finish());
    EXPECT_EQ(digest, sha1_of(whole, false)) << n;
    EXPECT_EQ(digest, sha1_of(whole, true)) << n;
  }
}

// `printf hello | git hash-object --stdin`, and the ids of the empty blob and tree.
TEST(ObjectId, AsGitComputesIt) {
  EXPECT_EQ(hex(object_id(hash_kind::sha1, object_type::blob, as_bytes("hello"))),
            "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
  EXPECT_EQ(hex(object_id(hash_kind::sha1, object_type::blob, {})), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(hex(object_id(hash_kind::sha1, object_type::tree, {})), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST(Oid, HexBothWays) {
  const std::string text = "0123456789abcdef0123456789abcdef01234567";
  const auto id = parse_hex(text, hash_kind::sha1);
  ASSERT_TRUE(id);
  EXPECT_EQ(hex(*id), text);
  EXPECT_FALSE(parse_hex(text.substr(1), hash_kind::sha1));
  EXPECT_FALSE(parse_hex("0123456789ABCDEF0123456789abcdef01234567", hash_kind::sha1));
}

}  // namespace
}  // namespace docteur
