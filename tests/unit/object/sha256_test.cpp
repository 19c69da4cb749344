#include "object/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

#include "object/hasher.hpp"

namespace docteur {
namespace {

std::string hex(const oid& id) { return std::string(to_hex(id).view()); }

std::string sha256_of(std::string_view text, bool instructions) {
  sha256 hash;
  if (!instructions) hash.disable_instructions();
  hash.update(as_bytes(text));
  return hex(hash.finish());
}

// FIPS 180-4 examples.
TEST(Sha256, KnownDigests) {
  for (const bool instructions : {true, false}) {
    EXPECT_EQ(sha256_of("", instructions), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_of("abc", instructions), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", instructions),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256_of(std::string(1'000'000, 'a'), instructions),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST(Sha256, SplitsOfTheInputDoNotMatterAndBothImplementationsAgree) {
  std::string text(300, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + 3);
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string_view whole = std::string_view(text).substr(0, n);
    sha256 split;
    split.update(as_bytes(whole.substr(0, n / 3)));
    split.update(as_bytes(whole.substr(n / 3)));
    const std::string digest = hex(split.finish());
    EXPECT_EQ(digest, sha256_of(whole, false)) << n;
    EXPECT_EQ(digest, sha256_of(whole, true)) << n;
  }
}

// `git hash-object --stdin` in a repository of --object-format=sha256.
TEST(ObjectId, OfSha256AsGitComputesIt) {
  EXPECT_EQ(hex(object_id(hash_kind::sha256, object_type::blob, {})),
            "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
  EXPECT_EQ(hex(object_id(hash_kind::sha256, object_type::tree, {})),
            "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321");
}

TEST(Oid, OfEitherKind) {
  const std::string text = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const auto id = parse_hex(text, hash_kind::sha256);
  ASSERT_TRUE(id);
  EXPECT_EQ(hex(*id), text);
  EXPECT_FALSE(parse_hex(text, hash_kind::sha1));
  EXPECT_FALSE(parse_hex(text.substr(0, 40), hash_kind::sha256));
  const oid shorter = *parse_hex(text.substr(0, 40), hash_kind::sha1);
  EXPECT_NE(shorter, *id);
  EXPECT_EQ(shorter.view().size(), 20u);
  EXPECT_EQ(id->view().size(), 32u);
  EXPECT_NE(oid(hash_kind::sha1), oid(hash_kind::sha256));
  EXPECT_LT(*parse_hex(std::string(64, '1'), hash_kind::sha256), *id.map([](oid v) {
    v.view()[0] = std::byte{0x11};
    v.view()[1] = std::byte{0x12};
    return v;
  }));
}

}  // namespace
}  // namespace docteur
