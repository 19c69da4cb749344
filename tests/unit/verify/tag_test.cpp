// Verification of the tag section (layout/tag_section.hpp).
#include <gtest/gtest.h>

#include "host/heap.hpp"
#include "layout/tag_section.hpp"
#include "reader/image.hpp"
#include "support/hand_image.hpp"
#include "support/verified.hpp"

using namespace docteur;

namespace {

byte_vector section_of(const std::vector<oid>& tags, std::uint32_t reserved = 0) {
  byte_vector out(kTagSectionHeader);
  store_le(out.data(), static_cast<std::uint32_t>(tags.size()));
  store_le(out.data() + 4, reserved);
  for (const oid& id : tags) append(out, id.view());
  return out;
}

std::string tag_text(const oid& target, std::string_view type = "commit", std::string_view name = "v1") {
  return "object " + text_of(target) + "\ntype " + std::string(type) + "\ntag " + std::string(name) +
         "\ntagger T <t> 1 +0000\n\nm\n";
}

struct tagged : hand_pack {
  oid commit, tag, again;
  tagged() {
    const oid tree = object_id(hash_kind::sha1, object_type::tree, {});
    commit = add(object_type::commit, commit_text(tree));
    tag = add(object_type::tag, tag_text(commit));
    again = add(object_type::tag, tag_text(tag, "tag", "v1-again"));
    add(object_type::tree, "");
  }
  [[nodiscard]] byte_vector image(const byte_vector& section) const {
    return hand_image(commit, *this, {.tags = section});
  }
  // The offset of the section: right behind the PACK.
  [[nodiscard]] std::uint64_t section_at() const { return round_up(kHeaderSize + pack().size(), 512); }
};

}  // namespace

TEST(VerifyTag, TagsThatLeadToTheCommitAreGood) {
  const tagged p;
  const byte_vector made = p.image(section_of({p.again, p.tag}));
  const verify_report r = check(made);
  expect_good(r);
  EXPECT_TRUE(r.remarks.empty()) << all_of(r);
  ASSERT_EQ(r.tags.size(), 2u);
  EXPECT_EQ(r.tags[0].id, p.again);
  EXPECT_EQ(r.tags[1].content, tag_text(p.commit));
  EXPECT_TRUE(image::attach(memory_device(made), heap_memory())) << "the reader has no use for it";
}

TEST(VerifyTag, ATagThatNobodyAskedForIsUnreached) {
  const tagged p;
  expect_one_fault(check(p.image(section_of({p.tag}))), errc::malformed, p.at(2), "is not reachable from the commit");
  const verify_report none = check(hand_image(p.commit, p));
  EXPECT_EQ(none.fault_count, 2u) << all_of(none);
  const verify_report foreign = check(hand_image(p.commit, p, {.table = false}));
  expect_good(foreign);
  expect_remark(foreign, "2 objects are not reachable");
}

TEST(VerifyTag, TagsThatLeadElsewhere) {
  tagged p;
  const std::uint64_t at = p.section_at() + kTagSectionHeader;
  expect_fault(check(p.image(section_of({p.tag, p.again}))), errc::malformed, at, "does not lead to the next tag");
  expect_one_fault(check(p.image(section_of({p.again, p.tag, p.tag}))), errc::malformed, at + 40, "is listed twice");

  const oid to_tree = p.add(object_type::tag, tag_text(object_id(hash_kind::sha1, object_type::tree, {}), "tree"));
  const oid wrong_type = p.add(object_type::tag, tag_text(p.commit, "tree"));
  const std::uint64_t end = p.section_at() + kTagSectionHeader;
  for (const oid& tag : {to_tree, wrong_type})
    expect_fault(check(p.image(section_of({tag}))), errc::malformed, end, "does not lead to the image's commit");
}

TEST(VerifyTag, WhatIsNoTag) {
  const tagged p;
  const oid missing = object_id(hash_kind::sha1, object_type::blob, {});
  expect_fault(check(p.image(section_of({missing}))), errc::malformed, p.section_at(),
               "is referenced here but is not in the PACK");
  expect_fault(check(p.image(section_of({p.commit}))), errc::wrong_kind, p.section_at(), "is referenced here as a tag");
}

TEST(VerifyTag, TheSectionItself) {
  const tagged p;
  expect_fault(check(p.image(section_of({}))), errc::malformed, p.section_at(), "number of tags");
  expect_fault(check(p.image(section_of(std::vector<oid>(65, p.tag)))), errc::malformed, p.section_at(),
               "number of tags");
  expect_fault(check(p.image(section_of({p.again, p.tag}, 1))), errc::malformed, p.section_at() + 4, "reserved bytes");
  byte_vector longer = section_of({p.again, p.tag});
  longer.push_back(std::byte{0});
  expect_fault(check(p.image(longer)), errc::malformed, p.section_at(), "length of the tag section");
  for (std::size_t n = 1; n < kTagSectionHeader; ++n)
    expect_fault(check(p.image(byte_vector(n))), errc::malformed, p.section_at(), "length of the tag section");
}
