// The entry section (layout/entry_section.hpp) and its writer.
#include "layout/entry_section.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "builder/entry_section_writer.hpp"
#include "pack/inflate.hpp"
#include "support/hand_image.hpp"

using namespace docteur;

namespace {

byte_vector raw_of(std::initializer_list<int> list) {
  byte_vector out;
  for (const int v : list) out.push_back(static_cast<std::byte>(v));
  return out;
}

std::optional<error> fault_of(const byte_vector& raw, std::uint32_t entries, std::uint32_t before) {
  auto reader = entry_block_reader::open(raw, entries, before, 77);
  if (!reader) return reader.error();
  for (std::uint32_t i = 0; i < entries; ++i)
    if (const auto e = reader->next(); !e) return e.error();
  return std::nullopt;
}

// Returns io if the block is accepted.
errc refusal(const byte_vector& raw, std::uint32_t entries, std::uint32_t before = 0) {
  const auto fault = fault_of(raw, entries, before);
  if (!fault) return errc::io;
  EXPECT_EQ(fault->at, 77u);
  return fault->code;
}

// Reads a whole section that the writer made.
std::vector<entry_outline> read_all(const byte_vector& section) {
  std::vector<entry_outline> out;
  const auto count = decode_entry_section_head(section, 0);
  EXPECT_TRUE(count);
  std::size_t at = kEntrySectionHeader;
  while (count && out.size() < *count) {
    const auto b = decode_entry_block(bytes(section).subspan(at, kEntryBlockHeader),
                                      static_cast<std::uint32_t>(*count - out.size()), at);
    EXPECT_TRUE(b);
    if (!b) return out;
    byte_vector raw(b->raw);
    auto with = inflater::make();
    const auto used = with->inflate(bytes(section).subspan(at + kEntryBlockHeader, b->packed), raw, at);
    EXPECT_TRUE(used && *used == b->packed);
    auto reader = entry_block_reader::open(raw, b->entries, static_cast<std::uint32_t>(out.size()), at);
    EXPECT_TRUE(reader);
    if (!reader) return out;
    for (std::uint32_t i = 0; i < b->entries; ++i) out.push_back(*reader->next());
    at += kEntryBlockHeader + b->packed;
  }
  EXPECT_EQ(at, section.size());
  return out;
}

}  // namespace

TEST(EntrySection, WhatIsWrittenIsRead) {
  std::mt19937_64 dice(1);
  std::vector<entry_outline> entries{{0, 0, entry_type::commit},        {255, 0, entry_type::tree},
                                     {256, 0, entry_type::tag},         {kMostEntrySize, 0, entry_type::blob},
                                     {32767, 4, entry_type::ofs_delta}, {32768, 1, entry_type::ofs_delta}};
  while (entries.size() < 40'000) {  // three blocks
    const auto i = static_cast<std::uint32_t>(entries.size());
    const bool is_delta = dice() % 3 != 0;
    entries.push_back({dice() >> (4 + dice() % 60), is_delta ? static_cast<std::uint32_t>(1 + dice() % i) : 0,
                       is_delta ? entry_type::ofs_delta : entry_type::blob});
  }
  EXPECT_EQ(read_all(make_entry_section(entries)), entries);
}

TEST(EntrySection, Heads) {
  byte_vector head(8);
  EXPECT_EQ(decode_entry_section_head(head, 5).error().at, 5u) << "no entries";
  head[0] = std::byte{1};
  EXPECT_EQ(*decode_entry_section_head(head, 5), 1u);
  head[7] = std::byte{1};
  EXPECT_EQ(decode_entry_section_head(head, 5).error().at, 9u);

  const auto block = [](std::uint32_t entries, std::uint32_t packed, std::uint32_t raw) {
    byte_vector b(kEntryBlockHeader);
    encode_entry_block(b.data(), {entries, packed, raw});
    return b;
  };
  EXPECT_TRUE(decode_entry_block(block(2, kEntryBlockLimit, kEntryBlockLimit), 2, 0));
  EXPECT_EQ(decode_entry_block(block(0, 1, 1), 2, 0).error().code, errc::malformed);
  EXPECT_EQ(decode_entry_block(block(3, 20, 20), 2, 0).error().code, errc::malformed) << "more than are left";
  EXPECT_EQ(decode_entry_block(block(2, 20, 5), 2, 0).error().code, errc::malformed) << "do not fit";
  EXPECT_EQ(decode_entry_block(block(2, kEntryBlockLimit + 1, 20), 2, 0).error().code, errc::too_large);
  EXPECT_EQ(decode_entry_block(block(2, 20, kEntryBlockLimit + 1), 2, 0).error().code, errc::too_large);
}

TEST(EntrySection, BlocksThatAreRefused) {
  EXPECT_EQ(refusal(raw_of({3, 1}), 1), errc::malformed) << "too short for one entry";
  for (const int type : {0, 5, 7, 8, 255}) EXPECT_EQ(refusal(raw_of({type, 1, 0}), 1), errc::malformed) << type;
  EXPECT_EQ(refusal(raw_of({3, 1, 0, 0}), 1), errc::malformed) << "a byte is left";
  EXPECT_EQ(refusal(raw_of({3, 1, 0x80}), 1), errc::malformed) << "ends inside a size";
  EXPECT_EQ(refusal(raw_of({3, 1, 0x81, 0}), 1), errc::malformed) << "longer than needed";
  EXPECT_EQ(refusal(raw_of({3, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x08}), 1), errc::malformed) << "61 bits";
  EXPECT_EQ(refusal(raw_of({3, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), 1), errc::malformed);
  EXPECT_EQ(refusal(raw_of({3, 6, 1, 1, 0, 0}), 2), errc::malformed) << "no base";
  EXPECT_EQ(refusal(raw_of({3, 6, 1, 1, 0, 0, 0}), 2), errc::malformed) << "its own base";
  EXPECT_EQ(refusal(raw_of({3, 6, 1, 1, 0, 0, 2}), 2), errc::malformed) << "before the first entry";
  EXPECT_EQ(refusal(raw_of({3, 6, 1, 1, 0, 0, 0x81, 0x00}), 2), errc::malformed);
}

TEST(EntrySection, ABaseMayBeInABlockBefore) {
  const byte_vector raw = raw_of({6, 1, 0, 9});
  auto reader = entry_block_reader::open(raw, 1, 9, 0);
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->next(), (entry_outline{1, 9, entry_type::ofs_delta}));
  EXPECT_EQ(refusal(raw, 1, 8), errc::malformed);
}
