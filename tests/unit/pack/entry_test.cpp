#include "pack/entry.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace docteur {
namespace {

constexpr std::uint64_t kMax = ~std::uint64_t{0};
constexpr std::uint64_t kMaxSize = (std::uint64_t{1} << 60) - 1;

entry_header header(entry_type type, std::uint64_t size) {
  entry_header h{};
  h.type = type;
  h.size = size;
  return h;
}

// Every power of two and its neighbours, which include all values where a variable-length integer changes its length.
std::vector<std::uint64_t> boundaries() {
  std::vector<std::uint64_t> v{0, kMax, kMax - 1};
  for (unsigned bit = 0; bit < 64; ++bit)
    for (const std::uint64_t delta : {kMax, std::uint64_t{0}, std::uint64_t{1}})
      v.push_back((std::uint64_t{1} << bit) + delta);
  // An OFS distance of n bytes begins at 128 + 128^2 + ... + 128^(n-1).
  for (std::uint64_t least = 128; least < kMax / 128; least = (least + 1) * 128) {
    v.push_back(least - 1);
    v.push_back(least);
  }
  return v;
}

std::vector<std::byte> raw(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

errc code(bytes head, std::uint64_t offset = kMax) {
  return decode_entry_header(head, offset, 0, hash_kind::sha1).error().code;
}

TEST(EntryHeader, SizesComeBack) {
  for (const entry_type type : {entry_type::commit, entry_type::tree, entry_type::blob, entry_type::tag}) {
    for (const std::uint64_t size : boundaries()) {
      if (size > kMaxSize) continue;
      const auto encoded = encode_entry_header(header(type, size), 12);
      const auto decoded = decode_entry_header(encoded.view(), 12, 0, hash_kind::sha1);
      ASSERT_TRUE(decoded) << size;
      EXPECT_EQ(decoded->type, type);
      EXPECT_EQ(decoded->size, size);
      EXPECT_EQ(decoded->header_size, encoded.size);
    }
  }
}

TEST(EntryHeader, DistancesComeBack) {
  for (const std::uint64_t distance : boundaries()) {
    if (distance == 0) continue;
    entry_header h = header(entry_type::ofs_delta, 3);
    h.base_offset = kMax - distance;
    const auto encoded = encode_entry_header(h, kMax);
    ASSERT_LE(encoded.size, kMaxEntryHeader);
    const auto decoded = decode_entry_header(encoded.view(), kMax, 0, hash_kind::sha1);
    ASSERT_TRUE(decoded) << distance;
    EXPECT_EQ(decoded->base_offset, h.base_offset);
    EXPECT_EQ(decoded->header_size, encoded.size);
  }
}

TEST(EntryHeader, IsWhatGitWrites) {
  // Bytes copied from PACKs that git 2.39 wrote.
  EXPECT_EQ(decode_entry_header(raw({0x9d, 0x0e}), 12, 0, hash_kind::sha1)->size, 0xedu);
  EXPECT_EQ(decode_entry_header(raw({0x9d, 0x0e}), 12, 0, hash_kind::sha1)->type, entry_type::commit);
  EXPECT_EQ(decode_entry_header(raw({0x66, 0x80, 0x00}), 1000, 0, hash_kind::sha1)->base_offset, 1000u - 128);
  EXPECT_EQ(decode_entry_header(raw({0x66, 0x7f}), 1000, 0, hash_kind::sha1)->base_offset, 1000u - 127);
}

TEST(EntryHeader, RefIdComesBack) {
  entry_header h = header(entry_type::ref_delta, kMaxSize);
  for (std::size_t i = 0; i < id_size(hash_kind::sha1); ++i) h.base_id.view()[i] = static_cast<std::byte>(i * 11);
  const auto encoded = encode_entry_header(h, 12);
  EXPECT_EQ(encoded.size, 29u);
  const auto decoded = decode_entry_header(encoded.view(), 12, 0, hash_kind::sha1);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->base_id, h.base_id);
}

TEST(EntryHeader, RefusesEveryPrefix) {
  entry_header ofs = header(entry_type::ofs_delta, 1u << 30);
  ofs.base_offset = 12;
  for (const entry_header& h : {header(entry_type::blob, kMaxSize), ofs, header(entry_type::ref_delta, kMaxSize)}) {
    const auto encoded = encode_entry_header(h, kMax);
    for (std::size_t n = 0; n < encoded.size; ++n) {
      const std::vector<std::byte> cut(encoded.raw.begin(), encoded.raw.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_EQ(code(cut), errc::truncated) << "prefix " << n;
    }
  }
}

TEST(EntryHeader, RefusesTypesThatDoNotExist) {
  EXPECT_EQ(code(raw({0x05})), errc::malformed);
  EXPECT_EQ(code(raw({0x55})), errc::malformed);
}

// Git refuses a tenth byte, whatever its value.
TEST(EntryHeader, RefusesSizesOver60Bits) {
  EXPECT_EQ(decode_entry_header(raw({0xbf, 255, 255, 255, 255, 255, 255, 255, 127}), 12, 0, hash_kind::sha1)->size,
            kMaxSize);
  EXPECT_EQ(decode_entry_header(raw({0xb5, 128, 128, 128, 128, 128, 128, 128, 0}), 12, 0, hash_kind::sha1)->size, 5u);
  EXPECT_EQ(code(raw({0xbf, 255, 255, 255, 255, 255, 255, 255, 255, 0x01})), errc::malformed);
  EXPECT_EQ(code(raw({0xb5, 128, 128, 128, 128, 128, 128, 128, 128, 0})), errc::malformed);
}

TEST(EntryHeader, RefusesDistancesOver64Bits) {
  const auto longest = raw({0x61, 0x80, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0x7f});
  EXPECT_EQ(decode_entry_header(longest, kMax, 0, hash_kind::sha1)->base_offset, 0u) << "a distance of 2^64 - 1";
  EXPECT_EQ(code(raw({0x61, 0x81, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0x7f})), errc::malformed);
  EXPECT_EQ(code(raw({0x61, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0})), errc::malformed);
}

TEST(EntryHeader, RefusesABaseThatIsNotBefore) {
  EXPECT_EQ(code(raw({0x61, 0x00}), 100), errc::out_of_range);
  EXPECT_TRUE(decode_entry_header(raw({0x61, 0x64}), 100, 0, hash_kind::sha1));
  EXPECT_EQ(code(raw({0x61, 0x65}), 100), errc::out_of_range);
}

TEST(EntryHeader, SaysWhereInTheImage) {
  EXPECT_EQ(decode_entry_header(raw({0x05}), 12, 4711, hash_kind::sha1).error().at, 4711u);
  EXPECT_EQ(decode_entry_header(raw({0xb5}), 12, 4711, hash_kind::sha1).error().at, 4712u);
}

}  // namespace
}  // namespace docteur
