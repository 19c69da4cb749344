#include "layout/section_table.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "layout/image_header.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kIdx = 1 << 20;

section_table sample() {
  section_table t;
  t.optional = 0x8000000000000001;
  t.pack_size = 1000;
  t.block_size = 512;
  std::ranges::copy(std::string_view("a builder 1.0"), t.builder.begin());
  t.entries[0] = {section_type::restart, 0xdeadbeef, 1536, 100};
  t.entries[1] = {section_type{77}, 1, 2048, 0};
  t.entries[2] = {section_type{78}, 2, 2048, kIdx - 512 - 2048};
  t.count = 3;
  return t;
}

void reseal(section_table_bytes& raw) { store_le(raw.data() + 0x1fc, libdeflate_crc32(0, raw.data(), 0x1fc)); }

// Returns the error of decoding after `change` was applied before the checksum was made.
errc code(const std::function<void(section_table_bytes&)>& change, std::uint64_t idx = kIdx) {
  section_table_bytes raw = encode_section_table(sample());
  change(raw);
  reseal(raw);
  const auto t = decode_section_table(raw, idx);
  return t ? errc::not_found : t.error().code;  // no decoder returns not_found
}
errc changed(const std::function<void(section_table&)>& change) {
  section_table t = sample();
  change(t);
  const auto got = decode_section_table(encode_section_table(t), kIdx);
  return got ? errc::not_found : got.error().code;
}

TEST(SectionTable, ComesBack) {
  const section_table t = sample();
  const auto got = decode_section_table(encode_section_table(t), kIdx);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->optional, t.optional) << "unknown optional features are ignored";
  EXPECT_EQ(got->pack_size, t.pack_size);
  EXPECT_EQ(got->block_size, t.block_size);
  EXPECT_EQ(got->builder_text(), "a builder 1.0");
  ASSERT_EQ(got->sections().size(), 3u);
  EXPECT_EQ(got->find(section_type::restart)->crc, 0xdeadbeefu);
  EXPECT_EQ(got->find(section_type::restart)->offset, 1536u);
  EXPECT_EQ(got->find(section_type{77})->length, 0u) << "an unknown section is kept";
  EXPECT_EQ(got->find(section_type{99}), nullptr);
}

TEST(SectionTable, BuilderTextMayFillItsField) {
  section_table t = sample();
  t.builder.fill('x');
  EXPECT_EQ(decode_section_table(encode_section_table(t), kIdx)->builder_text(), std::string(kBuilderSize, 'x'));
}

TEST(SectionTable, RefusesEveryBitFlip) {
  section_table_bytes raw = encode_section_table(sample());
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_FALSE(decode_section_table(raw, kIdx)) << "bit " << bit;
    raw[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
  EXPECT_TRUE(decode_section_table(raw, kIdx));
}

TEST(SectionTable, RefusesEveryPrefix) {
  const section_table_bytes raw = encode_section_table(sample());
  for (std::size_t n = 0; n < raw.size(); ++n) {
    const std::vector<std::byte> cut(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(n));
    EXPECT_FALSE(decode_section_table(cut, kIdx)) << "prefix " << n;
    EXPECT_EQ(has_section_table_magic(cut), n >= kSectionTableMagic.size());
  }
}

TEST(SectionTable, EachReservedByteIsChecked) {
  // 0x2c..0x2f, and everything between the last section and the checksum.
  for (std::size_t at = 0; at < 0x1fc; ++at) {
    if (!(at >= 0x2c && at < 0x30) && at < 0x50 + 3 * 24) continue;
    EXPECT_EQ(code([at](auto& raw) { raw[at] = std::byte{1}; }), errc::malformed) << at;
  }
}

TEST(SectionTable, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(code([](auto& raw) { store_le(raw.data() + 8, std::uint32_t{2}); }), errc::bad_version);
  EXPECT_EQ(changed([](auto& t) { t.required = 2; }), errc::bad_version);
  EXPECT_EQ(changed([](auto& t) { t.required = std::uint64_t{1} << 63; }), errc::bad_version);
  EXPECT_EQ(code([](auto& raw) { store_le(raw.data() + 12, std::uint32_t{17}); }), errc::malformed);
  EXPECT_EQ(code([](auto& raw) { store_le(raw.data() + 12, ~std::uint32_t{0}); }), errc::malformed);
}

TEST(SectionTable, RefusesBlockSizes) {
  for (const std::uint32_t size : {0u, 1u, 511u, 513u, 1000u})
    EXPECT_EQ(changed([size](auto& t) { t.block_size = size; }), errc::malformed) << size;
  EXPECT_EQ(changed([](auto& t) { t.block_size = 1024; }), errc::malformed) << "then the first section is not aligned";
}

TEST(SectionTable, RefusesPackSizesThatDoNotFit) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{31}, kIdx - 512 - 28 + 1, ~std::uint64_t{0}})
    EXPECT_EQ(changed([size](auto& t) { t.pack_size = size; }), errc::out_of_range) << size;
  EXPECT_EQ(changed([](auto& t) { t.pack_size = 1536 - 28 + 1; }), errc::out_of_range)
      << "the first section is inside it";
  EXPECT_EQ(changed([](auto& t) { t.pack_size = 1536 - 28; }), errc::not_found);
}

TEST(SectionTable, RefusesSectionsThatOverlapOrLeave) {
  EXPECT_EQ(changed([](auto& t) { t.entries[0].length = 513; }), errc::out_of_range);
  EXPECT_EQ(changed([](auto& t) { t.entries[2].length += 1; }), errc::out_of_range);
  EXPECT_EQ(changed([](auto& t) { t.entries[2].length = ~std::uint64_t{0}; }), errc::out_of_range);
  EXPECT_EQ(changed([](auto& t) { t.entries[2].offset = ~std::uint64_t{511}; }), errc::out_of_range);
  EXPECT_EQ(changed([](auto& t) { std::swap(t.entries[0], t.entries[2]); }), errc::out_of_range);
  EXPECT_EQ(changed([](auto& t) {
              t.entries[1].offset = 1540;
              t.entries[0].length = 4;
            }),
            errc::malformed);
  EXPECT_EQ(changed([](auto& t) { t.entries[2].type = section_type::restart; }), errc::malformed);
}

TEST(SectionTable, RefusesATableThatBeginsInTheHeader) {
  for (std::uint64_t idx = 0;
       idx < kPackOffset + kPackHeaderSize + pack_trailer_size(hash_kind::sha1) + kSectionTableSize; ++idx)
    EXPECT_NE(code([](auto&) {}, idx), errc::not_found) << idx;
}

}  // namespace
}  // namespace docteur
