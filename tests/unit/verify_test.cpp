#include <gtest/gtest.h>

#include <map>

#include "idx/format.hpp"
#include "support/hand_image.hpp"
#include "support/verified.hpp"

using namespace docteur;

namespace {

const std::string kHello = "hello, world\n";

// A commit, a root tree, a subtree, two blobs of which one is a delta.
struct sample {
  hand_pack pack;
  oid commit, root, below, hello, bye;

  sample() {
    hello = object_id(object_type::blob, as_bytes(kHello));
    bye = object_id(object_type::blob, as_bytes("bye\n"));
    const std::string below_text = tree_text().add("100755", "bye", bye).text();
    below = object_id(object_type::tree, as_bytes(below_text));
    const std::string root_text =
        tree_text().add("100644", "hello", hello).add("120000", "link", bye).add("40000", "sub", below).text();
    root = object_id(object_type::tree, as_bytes(root_text));
    commit = pack.add(object_type::commit, commit_text(root));
    pack.add(object_type::tree, root_text);
    pack.add(object_type::tree, below_text);
    pack.add(object_type::blob, kHello);
    pack.add_ofs(object_type::blob, 3, kHello.size(), "bye\n");
  }
  [[nodiscard]] byte_vector image(const hand_options& how = {}) const { return hand_image(commit, pack, how); }
  [[nodiscard]] std::uint64_t idx_size() const { return docteur::idx_size(pack.entries()); }
};

// An image of one tree; `pack` holds the blobs already.
byte_vector image_of_tree(hand_pack& pack, const std::string& tree, const hand_options& how = {}) {
  const oid root = pack.add(object_type::tree, tree);
  const oid commit = pack.add(object_type::commit, commit_text(root));
  return hand_image(commit, pack, how);
}

constexpr hand_options kNoTable{.table = false};

}  // namespace

TEST(Verify, PassesAGoodImageAndTellsWhatIsInIt) {
  const sample s;
  const verify_report r = check(s.image());
  expect_good(r);
  EXPECT_TRUE(r.remarks.empty()) << all_of(r);
  EXPECT_EQ(r.commit, s.commit);
  ASSERT_TRUE(r.head());
  EXPECT_EQ(r.head()->tree, s.root);
  EXPECT_EQ(r.head()->message, "message\n");
  EXPECT_EQ(r.sections->builder_text(), "by hand");
  EXPECT_EQ(r.objects, (std::array<std::uint64_t, 5>{0, 1, 2, 2, 0}));
  EXPECT_EQ(r.deltas, 1u);
  EXPECT_EQ(r.depth, 1u);
  EXPECT_EQ(r.paths, 5u);
  EXPECT_EQ(r.image_size, s.image().size());
}

TEST(Verify, NoticesEveryBitFlip) {
  const sample s;
  for (const bool table : {true, false}) {
    byte_vector image = s.image({.table = table});
    verify_options options;
    options.threads = 1;
    for (std::size_t i = 0; i < image.size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        image[i] ^= static_cast<std::byte>(1u << bit);
        const verify_report r = check(image, options);
        ASSERT_FALSE(r.good()) << "bit " << bit << " of byte " << i << (table ? "" : " without a table");
        image[i] ^= static_cast<std::byte>(1u << bit);
      }
    }
  }
}

TEST(Verify, NoticesEveryTruncation) {
  const sample s;
  const byte_vector image = s.image();
  for (std::size_t n = 0; n < image.size(); ++n) ASSERT_FALSE(check(bytes(image).first(n)).good()) << "prefix " << n;
  // Without a section table nothing says how long the padding behind IDX is.
  const byte_vector plain = s.image(kNoTable);
  const std::uint64_t end = idx_offset_of(plain) + s.idx_size();
  for (std::size_t n = 0; n < end; ++n) ASSERT_FALSE(check(bytes(plain).first(n)).good()) << "prefix " << n;
  expect_good(check(bytes(plain).first(end)));
}

TEST(Verify, ADeviceMayBeLargerButOnlyWithZeros) {
  const sample s;
  byte_vector image = s.image();
  const std::size_t size = image.size();
  image.resize(size + 100'000);
  expect_good(check(image));
  EXPECT_EQ(check(image).image_size, size);
  image[size + 77'777] = std::byte{1};
  expect_one_fault(check(image), errc::malformed, size + 77'777, "behind IDX");
}

TEST(Verify, PaddingIsZero) {
  const sample s;
  for (const bool table : {true, false}) {
    byte_vector image = s.image({.table = table});
    const std::size_t at = kPackOffset + s.pack.pack().size() + 3;
    ASSERT_LT(at, idx_offset_of(image));
    image[at] = std::byte{0x80};
    expect_one_fault(check(image), errc::malformed, at, "padding");
  }
}

TEST(Verify, AnUnknownSectionIsARemarkAndItsBytesAreChecked) {
  const sample s;
  byte_vector image = s.image({.other_section = 0x7fff0001});
  expect_good(check(image));
  expect_remark(check(image), "a section of type 2147418113");
  const std::uint64_t at = round_up(kPackOffset + s.pack.pack().size(), 512);
  image[at] ^= std::byte{1};
  expect_one_fault(check(image), errc::bad_checksum, at, "section");
}

TEST(Verify, NothingIsBelievedWhenTheCommitIsAnother) {
  const sample s;
  const byte_vector image = hand_image(s.root, s.pack);
  expect_one_fault(check(image), errc::wrong_kind, 0, "is named here as a commit");
  const byte_vector none = hand_image(oid{}, s.pack);
  expect_one_fault(check(none), errc::malformed, 0, "not in the PACK");
}

TEST(Verify, ChecksThePackHeaderAndTrailer) {
  const sample s;
  byte_vector image = s.image();
  image[kPackOffset + 11] = std::byte{4};
  const verify_report r = check(image);
  expect_fault(r, errc::malformed, kPackOffset + 8, "PACK holds 5 objects and says 4");
  expect_fault(r, errc::bad_checksum, kPackOffset + s.pack.pack().size() - 20, "PACK trailer");
}

// IDX

TEST(Verify, AWrongCrcInIdxIsFoundBehindAGoodChecksum) {
  const sample s;
  byte_vector image = s.image();
  const idx_layout layout{5, 0};
  image[idx_offset_of(image) + layout.crcs()] ^= std::byte{1};  // of the object with the lowest id
  reseal_idx(image, s.idx_size());
  const auto lowest = std::ranges::min_element(s.pack.entries(), {}, &idx_entry::id);
  expect_one_fault(check(image), errc::bad_checksum, kPackOffset + lowest->offset, "CRC-32");
}

TEST(Verify, AWrongOffsetInIdxIsNamedAndHidesNothing) {
  const sample s;
  byte_vector image = s.image();
  const idx_layout layout{5, 0};
  const std::uint64_t at = idx_offset_of(image) + layout.offsets() + 4;
  image[at + 3] ^= std::byte{1};
  reseal_idx(image, s.idx_size());
  const verify_report r = check(image);
  EXPECT_EQ(r.fault_count, 2u) << all_of(r);
  expect_fault(r, errc::out_of_range, at, "where none begins");
  EXPECT_EQ(r.paths, 5u) << "the PACK itself is good";
}

TEST(Verify, AWrongIdInIdxIsOneFault) {
  const sample s;
  byte_vector image = s.image();
  const idx_layout layout{5, 0};
  image[idx_offset_of(image) + layout.ids() + 19] ^= std::byte{1};
  reseal_idx(image, s.idx_size());
  const auto lowest = std::ranges::min_element(s.pack.entries(), {}, &idx_entry::id);
  expect_one_fault(check(image), errc::bad_checksum, kPackOffset + lowest->offset, "IDX has it as");
}

TEST(Verify, AnUnreadableIdxDoesNotHideThePack) {
  const sample s;
  byte_vector image = s.image();
  const std::uint64_t at = idx_offset_of(image);
  image[at] = std::byte{0};
  const verify_report r = check(image);
  expect_fault(r, errc::bad_magic, at, "no IDX");
  EXPECT_EQ(r.paths, 5u) << all_of(r);
}

TEST(Verify, FanOutAndOrderOfIdx) {
  const sample s;
  byte_vector image = s.image();
  const std::uint64_t at = idx_offset_of(image);
  const auto lowest = std::ranges::min_element(s.pack.entries(), {}, &idx_entry::id)->id.raw[0];
  const std::uint64_t field = at + 8 + 4 * std::to_integer<std::uint64_t>(lowest);
  image[field + 3] = std::byte{0};  // was 1 (or more), so it still ascends
  reseal_idx(image, s.idx_size());
  expect_fault(check(image), errc::malformed, field, "fan-out");
}

TEST(Verify, PackChecksumInIdx) {
  const sample s;
  byte_vector image = s.image();
  const std::uint64_t at = idx_offset_of(image) + idx_layout{5, 0}.pack_checksum();
  image[at] ^= std::byte{1};
  reseal_idx(image, s.idx_size());
  expect_one_fault(check(image), errc::bad_checksum, at, "PACK checksum in IDX");
}

// PACK

TEST(Verify, AnObjectThatIsNotWhatItsIdSaysIsFoundBehindGoodChecksums) {
  sample s;
  hand_pack p = s.pack;
  p.entries()[3].id = object_id(object_type::blob, as_bytes("hullo, world\n"));
  expect_one_fault(check(hand_image(s.commit, p)), errc::bad_checksum, p.at(3), "IDX has it as");
}

TEST(Verify, BytesBetweenTwoEntries) {
  hand_pack p;
  byte_vector stream = zlib_stream(kHello);
  stream.push_back(std::byte{0});
  const oid hello = p.add(object_type::blob, kHello, stream);
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", hello).text());
  expect_fault(check(image), errc::malformed, p.at(1) - 1, "bytes between two entries");
}

TEST(Verify, AStreamOfAnotherSize) {
  for (const int more : {-1, 1}) {
    hand_pack p;
    const oid id = object_id(object_type::blob, as_bytes(kHello));
    p.put({entry_type::blob, 0, kHello.size() + static_cast<std::size_t>(more), 0, {}}, id, zlib_stream(kHello));
    const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", id).text());
    const verify_report r = check(image);
    expect_one_fault(r, errc::malformed, p.at(0) + 1, more > 0 ? "shorter" : "longer");
  }
}

TEST(Verify, ADamagedObjectIsOneFaultAndItsDeltasARemark) {
  sample s;
  hand_pack p;
  byte_vector stream = zlib_stream(kHello);
  stream[stream.size() - 1] ^= std::byte{1};  // Adler-32
  p.add(object_type::commit, commit_text(s.root));
  p.add(object_type::blob, kHello, stream);
  p.add_ofs(object_type::blob, 1, kHello.size(), "bye\n");
  const std::string below_text = tree_text().add("100755", "bye", s.bye).text();
  p.add(object_type::tree, below_text);
  p.add(object_type::tree,
        tree_text().add("100644", "hello", s.hello).add("120000", "link", s.bye).add("40000", "sub", s.below).text());
  const verify_report r = check(hand_image(s.commit, p));
  expect_one_fault(r, errc::malformed, p.at(1) + 1, "damaged zlib stream");
  expect_remark(r, "1 deltas stand on what is damaged");
}

TEST(Verify, RefDeltasInAnyOrderAndTypeAreGood) {
  sample s;
  hand_pack p;
  const std::string below_text = tree_text().add("100755", "bye", s.bye).text();
  const std::string root_text =
      tree_text().add("100644", "hello", s.hello).add("120000", "link", s.bye).add("40000", "sub", s.below).text();
  p.add_ref(object_type::blob, s.hello, kHello.size(), "bye\n");  // before its base
  p.add_ref(object_type::tree, s.root, root_text.size(), below_text);
  p.add(object_type::blob, kHello);
  p.add(object_type::tree, root_text);
  p.add(object_type::commit, commit_text(s.root));
  const verify_report r = check(hand_image(s.commit, p));
  expect_good(r);
  EXPECT_EQ(r.deltas, 2u);
}

TEST(Verify, DeltasThatStandOnOneAnother) {
  sample s;
  const oid a = object_id(object_type::blob, as_bytes("a"));
  const oid b = object_id(object_type::blob, as_bytes("b"));
  s.pack.add_ref(object_type::blob, b, 1, "a");
  s.pack.add_ref(object_type::blob, a, 1, "b");
  s.pack.add_ref(object_type::blob, b, 1, "c");  // outside the circle
  const verify_report r = check(s.image());
  expect_one_fault(r, errc::malformed, s.pack.at(5), "in a circle");
  expect_remark(r, "2 deltas stand on what is damaged");
}

TEST(Verify, ADeltaOnItself) {
  sample s;
  const oid a = object_id(object_type::blob, as_bytes("a"));
  s.pack.add_ref(object_type::blob, a, 1, "a");
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), "in a circle");
}

TEST(Verify, TheBaseOfARefDeltaIsMissing) {
  sample s;
  s.pack.add_ref(object_type::blob, object_id(object_type::blob, as_bytes("nowhere")), 7, "a");
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), "the base of a delta is not in the PACK");
}

TEST(Verify, ABaseThatIsNoEntry) {
  sample s;
  const std::string d = literal_delta(kHello.size(), "x");
  s.pack.put({entry_type::ofs_delta, 0, d.size(), s.pack.entries()[3].offset + 1, {}},
             object_id(object_type::blob, as_bytes("x")), zlib_stream(d));
  expect_fault(check(s.image()), errc::out_of_range, s.pack.at(5), "the base of a delta is no entry");
}

TEST(Verify, ADeltaForABaseOfAnotherSize) {
  hand_pack p;
  p.add(object_type::blob, kHello);
  const oid bye = p.add_ofs(object_type::blob, 0, kHello.size() + 1, "bye\n");
  const oid hello = object_id(object_type::blob, as_bytes(kHello));
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", hello).add("100644", "b", bye).text());
  expect_one_fault(check(image), errc::malformed, p.at(1), "base of another size");
}

// As deep as git writes chains, and one deeper; not on the processor's stack.
TEST(Verify, ChainsUpToTheLimit) {
  for (const unsigned depth : {4095u, 4096u}) {
    hand_pack p;
    std::string last = std::to_string(0);
    tree_text tree;
    oid id = p.add(object_type::blob, last);
    std::map<std::string, oid> files{{"0000", id}};
    for (unsigned i = 1; i <= depth; ++i) {
      const std::string next = std::to_string(i);
      id = p.add_ofs(object_type::blob, i - 1, last.size(), next);
      last = next;
      std::string name = next;
      name.insert(0, 4 - name.size(), '0');
      files[name] = id;
    }
    for (const auto& [name, file] : files) tree.add("100644", name, file);
    const verify_report r = check(image_of_tree(p, tree.text()));
    EXPECT_EQ(r.depth, 4095u);
    if (depth == 4095) {
      expect_good(r);
    } else {
      expect_one_fault(r, errc::too_large, p.at(4096), "longer than the limit");
    }
  }
}

// Every base has two deltas, the deep one listed first: without care all bases would be held at once.
TEST(Verify, FewBasesAreHeldOfADeepChainWithBranches) {
  hand_pack p;
  std::map<std::string, oid> files;
  std::string base(10'000, 'x');
  files["base"] = p.add(object_type::blob, base);
  std::size_t at = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const std::string deep = std::to_string(1000 + i) + base.substr(4);
    const std::size_t next = p.entries().size();
    files["deep" + std::to_string(1000 + i)] = p.add_ofs(object_type::blob, at, base.size(), deep);
    files["leaf" + std::to_string(1000 + i)] = p.add_ofs(object_type::blob, at, base.size(), std::to_string(i));
    at = next;
  }
  tree_text tree;
  for (const auto& [name, id] : files) tree.add("100644", name, id);
  const byte_vector image = image_of_tree(p, tree.text());
  verify_options options;
  options.held_bytes = 3 * base.size();
  expect_good(check(image, options));
  options.held_bytes = base.size() / 2;
  expect_fault(check(image, options), errc::too_large, p.at(1), "more bases at once");
}

TEST(Verify, LimitsOnSizes) {
  hand_pack p;
  const std::string zeros(100'000, '\0');
  const oid id = p.add(object_type::blob, zeros);
  const oid on_it = p.add_ofs(object_type::blob, 0, zeros.size(), "x");
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", id).add("100644", "b", on_it).text());
  expect_good(check(image));
  verify_options options;
  options.bounds.object_bytes = 50'000;  // the blob itself can be streamed
  expect_one_fault(check(image, options), errc::too_large, p.at(1), "base of a delta is larger");
  options = {};
  options.bounds.paths = 2;
  expect_fault(check(image, options), errc::too_large, p.at(2), "more paths");
  options = {};
  options.bounds.objects = 3;
  EXPECT_FALSE(check(image, options).good());
}

// No memory is taken for what a stream cannot hold.
TEST(Verify, ASizeThatNoStreamOfThatLengthHas) {
  hand_pack p;
  const oid id = object_id(object_type::blob, as_bytes(kHello));
  p.put({entry_type::blob, 0, std::uint64_t{1} << 60, 0, {}}, id, zlib_stream(kHello));
  const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", id).text());
  expect_one_fault(check(image), errc::malformed, p.at(0), "too short for its size");
}

// What the commit reaches

TEST(Verify, AMissingBlob) {
  for (const bool table : {true, false}) {
    hand_pack p;
    const oid gone = object_id(object_type::blob, as_bytes(kHello));
    const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", gone).text(), {.table = table});
    expect_one_fault(check(image), errc::malformed, p.at(0), "blob " + text_of(gone) + " is named here");
  }
}

TEST(Verify, AMissingTreeAndARootThatIsABlob) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  const oid commit = p.add(object_type::commit, commit_text(blob));
  expect_one_fault(check(hand_image(commit, p)), errc::wrong_kind, p.at(1), "named here as a tree");
  hand_pack q;
  const oid gone = object_id(object_type::tree, as_bytes("gone"));
  const oid other = q.add(object_type::commit, commit_text(gone));
  expect_one_fault(check(hand_image(other, q)), errc::malformed, q.at(0), "tree " + text_of(gone));
}

TEST(Verify, ABlobWhereATreeShouldBe) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  const byte_vector image = image_of_tree(p, tree_text().add("40000", "a", blob).text());
  expect_one_fault(check(image), errc::wrong_kind, p.at(1), "named here as a tree");
}

TEST(Verify, WhatIsNotReachedIsAFaultOnlyWithASectionTable) {
  sample s;
  const oid extra = s.pack.add(object_type::blob, "extra");
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), text_of(extra) + " is not reached");
  const verify_report plain = check(s.image(kNoTable));
  expect_good(plain);
  expect_remark(plain, "1 objects are not reached");
}

TEST(Verify, AnObjectTwice) {
  sample s;
  s.pack.add(object_type::blob, kHello);
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), "is there twice");
  const verify_report plain = check(s.image(kNoTable));
  expect_good(plain);
  expect_remark(plain, "1 objects are there twice");
}

TEST(Verify, ParentsAndSubmodulesAreNotLookedFor) {
  hand_pack p;
  const oid elsewhere = object_id(object_type::commit, as_bytes("elsewhere"));
  const oid root = p.add(object_type::tree, tree_text().add("160000", "module", elsewhere).text());
  std::string text = commit_text(root);
  text.insert(text.find("author"), "parent " + text_of(elsewhere) + "\n");
  const oid commit = p.add(object_type::commit, text);
  expect_good(check(hand_image(commit, p)));
}

TEST(Verify, ACommitWithoutAMessage) {
  hand_pack p;
  const oid root = p.add(object_type::tree, "");
  const oid commit = p.add(object_type::commit, commit_text(root, ""));
  const verify_report r = check(hand_image(commit, p));
  expect_good(r);
  EXPECT_FALSE(r.head()->has_message);
}

// Objects

TEST(Verify, HostileTrees) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{".."}, "named \"..\""},  {{"."}, "named \".\""}, {{".GIT"}, "stands for .git"}, {{"git~1"}, "stands for .git"},
      {{"a/b"}, "contains '/'"}, {{""}, "is empty"},     {{"a", "a"}, "stands twice"},  {{"b", "a"}, "not in order"}};
  for (const auto& [names, what] : cases) {
    hand_pack p;
    const oid blob = p.add(object_type::blob, kHello);
    tree_text tree;
    for (const std::string& name : names) tree.add("100644", name, blob);
    // The tree is not the commit's, so all trees are looked at.
    const byte_vector image = image_of_tree(p, tree.text());
    expect_fault(check(image), errc::malformed, p.at(1), what);
    const oid bad = object_id(object_type::tree, as_bytes(tree.text()));
    hand_pack q;
    q.add(object_type::blob, kHello);
    q.add(object_type::tree, tree.text());
    const byte_vector beside = image_of_tree(q, tree_text().add("100644", "a", blob).text(), kNoTable);
    expect_one_fault(check(beside), errc::malformed, q.at(1), text_of(bad) + ": ");
  }
}

TEST(Verify, ATreeThatIsCutShort) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  std::string text = tree_text().add("100644", "a", blob).add("100644", "b", blob).text();
  text.pop_back();
  const byte_vector image = image_of_tree(p, text);
  expect_one_fault(check(image), errc::truncated, p.at(1), "tree ");
}

TEST(Verify, OddModesAreARemark) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  const verify_report r =
      check(image_of_tree(p, tree_text().add("100664", "a", blob).add("0100644", "b", blob).text()));
  expect_good(r);
  expect_remark(r, "2 entries of 1 trees have modes");
}

TEST(Verify, CommitsAndTagsAreParsed) {
  hand_pack p;
  const oid root = p.add(object_type::tree, "");
  const oid commit = p.add(object_type::commit, commit_text(root));
  p.add(object_type::tag, "object " + text_of(commit) + "\ntype commit\ntag v1\n\nx\n");
  expect_good(check(hand_image(commit, p, kNoTable)));
  p.add(object_type::tag, "object " + text_of(commit) + "\ntype thing\ntag v1\n\nx\n");
  p.add(object_type::commit, "tree " + text_of(root) + "\n");
  const verify_report r = check(hand_image(commit, p, kNoTable));
  EXPECT_EQ(r.fault_count, 2u);
  expect_fault(r, errc::malformed, p.at(3), "type of a tag");
  expect_fault(r, errc::malformed, p.at(4), "author");
}

// All faults

TEST(Verify, ReportsAreTheSameForAnyNumberOfThreadsAndCountWhatTheyDoNotKeep) {
  hand_pack p;
  tree_text tree;
  for (unsigned i = 0; i < 500; ++i) {
    const std::string content = "content " + std::to_string(1000 + i);
    byte_vector stream = zlib_stream(content);
    if (i % 2 == 0) stream.back() ^= std::byte{1};
    tree.add("100644", std::to_string(1000 + i), p.add(object_type::blob, content, stream));
  }
  const byte_vector image = image_of_tree(p, tree.text());
  verify_options options;
  options.faults = 20;
  options.threads = 1;
  const verify_report one = check(image, options);
  options.threads = 4;
  const verify_report four = check(image, options);
  EXPECT_EQ(one.fault_count, 250u);
  EXPECT_EQ(one.faults.size(), 20u);
  EXPECT_EQ(one.faults.front().at, p.at(0) + 1);
  EXPECT_EQ(one.faults.back().at, p.at(38) + 1);
  EXPECT_EQ(all_of(one), all_of(four));
}

TEST(Verify, AnErrorOfTheDeviceIsNoFaultOfTheImage) {
  const sample s;
  const byte_vector image = s.image();
  struct broken {
    bytes data;
    std::uint64_t from;
  };
  for (std::uint64_t from = 0; from < image.size(); from += 128) {
    broken b{image, from};
    device d;
    d.self = &b;
    d.size = image.size();
    d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept -> result<done> {
      const auto& disk = *static_cast<broken*>(self);
      if (at + out.size() > disk.from) return fail(errc::io, at, "the device failed");
      std::memcpy(out.data(), disk.data.data() + at, out.size());
      return done{};
    };
    progress quiet;
    const auto r = verify_image(d, {}, quiet);
    ASSERT_FALSE(r) << from;
    EXPECT_EQ(r.error().who, blame::environment);
  }
}

TEST(Verify, ACancelledVerificationEnds) {
  struct stopped : progress {
    bool cancelled() const override { return true; }
  } now;
  const sample s;
  EXPECT_FALSE(verify_image(memory_device(s.image()), {}, now));
}
