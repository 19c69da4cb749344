// Verification of the entry section (layout/entry_section.hpp).
#include <gtest/gtest.h>

#include "builder/entry_section_writer.hpp"
#include "layout/entry_section.hpp"
#include "support/hand_image.hpp"
#include "support/verified.hpp"

using namespace docteur;

namespace {

struct sample : hand_pack {
  oid commit;
  std::vector<entry_outline> outlines;
  explicit sample(bool with_ref = false) {
    const std::string base(300, 'x');
    const std::string other = base + "y";
    const oid one = object_id(hash_kind::sha1, object_type::blob, as_bytes(base));
    const oid two = object_id(hash_kind::sha1, object_type::blob, as_bytes(other));
    const std::string root_text = tree_text().add("100644", "a", one).add("100644", "b", two).text();
    const std::string text = commit_text(object_id(hash_kind::sha1, object_type::tree, as_bytes(root_text)));
    commit = add(object_type::commit, text);
    add(object_type::tree, root_text);
    add(object_type::blob, base);
    if (with_ref) {
      add_ref(object_type::blob, one, base.size(), other);
    } else {
      add_ofs(object_type::blob, 2, base.size(), other);
    }
    const std::string delta = literal_delta(base.size(), other);
    outlines = {{text.size(), 0, entry_type::commit},
                {root_text.size(), 0, entry_type::tree},
                {base.size(), 0, entry_type::blob},
                {delta.size(), 1, entry_type::ofs_delta}};
  }
  [[nodiscard]] byte_vector image(const byte_vector& section) const {
    return hand_image(commit, *this, {.entries = section});
  }
  [[nodiscard]] byte_vector image(const std::vector<entry_outline>& listed) const {
    return image(make_entry_section(listed));
  }
};

}  // namespace

TEST(VerifyEntries, WhatTheWriterMakesIsGood) {
  const sample s;
  const verify_report r = check(s.image(s.outlines));
  expect_good(r);
  EXPECT_TRUE(r.remarks.empty()) << all_of(r);
}

TEST(VerifyEntries, EachDifferenceIsAFault) {
  const sample s;
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
  const sample s;
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
  const sample s(true);
  EXPECT_FALSE(check(s.image(s.outlines)).good());
}

// A header that is longer than needed would have another length than the one that follows from the section.
TEST(VerifyEntries, AHeaderThatIsLongerThanNeeded) {
  const sample s;
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
