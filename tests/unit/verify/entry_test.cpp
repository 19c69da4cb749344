// Verification of the entry section (layout/entry_section.hpp).
#include <gtest/gtest.h>

#include "layout/entry_section.hpp"
#include "support/listed_sample.hpp"
#include "support/verified.hpp"

using namespace docteur;

TEST(VerifyEntries, WhatTheWriterMakesIsGood) {
  const listed_sample s;
  const verify_report r = check(s.image(s.outlines));
  expect_good(r);
  EXPECT_TRUE(r.remarks.empty()) << all_of(r);
}

TEST(VerifyEntries, EachDifferenceIsAFault) {
  const listed_sample s;
  for (std::size_t i = 0; i < s.outlines.size(); ++i) {
    auto other = s.outlines;
    ++other[i].size;
    EXPECT_FALSE(check(s.image(other)).good()) << "size of entry " << i;
    other = s.outlines;
    other[i].type = entry_type::tag;
    EXPECT_FALSE(check(s.image(other)).good()) << "type of entry " << i;
    other = s.outlines;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(check(s.image(other)).good()) << "without entry " << i;
  }
  auto other = s.outlines;
  other.back().entries_back = 2;
  EXPECT_FALSE(check(s.image(other)).good());
  other = s.outlines;
  other.push_back(other.front());
  EXPECT_FALSE(check(s.image(other)).good());
}

// The checksum of the section is right each time. The bits of the zlib stream that have no meaning are those before a
// stored block, and such a stream is as good.
TEST(VerifyEntries, EveryByteOfTheSection) {
  const listed_sample s;
  const byte_vector good = make_entry_section(s.outlines);
  constexpr std::size_t kStream = kEntrySectionHeader + kEntryBlockHeader;
  for (std::size_t i = 0; i < good.size(); ++i) {
    byte_vector bad = good;
    bad[i] ^= std::byte{1};
    EXPECT_EQ(check(s.image(bad)).good(), false) << "byte " << i << ", the stream begins at " << kStream;
  }
  for (std::size_t n = 1; n < good.size(); ++n)
    EXPECT_FALSE(check(s.image(byte_vector(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)))).good()) << n;
  byte_vector longer = good;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(check(s.image(longer)).good());
}

TEST(VerifyEntries, ARefDeltaCannotBeListed) {
  const listed_sample s(true);
  EXPECT_FALSE(check(s.image(s.outlines)).good());
}

// A header that is longer than needed would have another length than the one that follows from the section.
TEST(VerifyEntries, AHeaderThatIsLongerThanNeeded) {
  const listed_sample s;
  expect_good(check(s.image(s.outlines)));
  hand_pack longer;
  byte_vector tree_stream = zlib_stream("");
  tree_stream.insert(tree_stream.begin(), std::byte{0});
  const oid tree = object_id(hash_kind::sha1, object_type::tree, {});
  const std::string text = commit_text(tree);
  const oid commit = longer.add(object_type::commit, text);
  // 0xa0 0x00: a tree of size 0, with a needless byte.
  const std::uint64_t at = longer.next_offset();
  longer.add_raw({std::byte{0xa0}}, tree, tree_stream);
  const std::vector<entry_outline> listed{{text.size(), 0, entry_type::commit}, {0, 0, entry_type::tree}};
  const verify_report r = check(hand_image(commit, longer, {.entries = make_entry_section(listed)}));
  EXPECT_FALSE(r.good()) << at;
  expect_good(check(hand_image(commit, longer)));
}
