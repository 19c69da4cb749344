#include <gtest/gtest.h>

#include "support/verify_sample.hpp"

using namespace docteur;

TEST(VerifyCommit, AMissingBlob) {
  for (const bool table : {true, false}) {
    hand_pack p;
    const oid gone = object_id(hash_kind::sha1, object_type::blob, as_bytes(kHello));
    const byte_vector image = image_of_tree(p, tree_text().add("100644", "a", gone).text(), {.table = table});
    expect_one_fault(check(image), errc::malformed, p.at(0), "blob " + text_of(gone) + " is referenced here");
  }
}

TEST(VerifyCommit, AMissingTreeAndARootThatIsABlob) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  const oid commit = p.add(object_type::commit, commit_text(blob));
  expect_one_fault(check(hand_image(commit, p)), errc::wrong_kind, p.at(1), "referenced here as a tree");
  hand_pack q;
  const oid gone = object_id(hash_kind::sha1, object_type::tree, as_bytes("gone"));
  const oid other = q.add(object_type::commit, commit_text(gone));
  expect_one_fault(check(hand_image(other, q)), errc::malformed, q.at(0), "tree " + text_of(gone));
}

TEST(VerifyCommit, ABlobWhereATreeShouldBe) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  const byte_vector image = image_of_tree(p, tree_text().add("40000", "a", blob).text());
  expect_one_fault(check(image), errc::wrong_kind, p.at(1), "referenced here as a tree");
}

TEST(VerifyCommit, WhatIsNotReachedIsAFaultOnlyWithASectionTable) {
  sample s;
  const oid extra = s.pack.add(object_type::blob, "extra");
  expect_one_fault(check(s.image()), errc::malformed, s.pack.at(5), text_of(extra) + " is not reachable");
  const verify_report plain = check(s.image(kNoTable));
  expect_good(plain);
  expect_remark(plain, "1 objects are not reachable");
}

TEST(VerifyCommit, AnObjectTwice) {
  sample s;
  s.pack.add(object_type::blob, kHello);
  for (const bool table : {true, false})
    expect_one_fault(check(s.image({.table = table})), errc::malformed, s.pack.at(5), "is in the PACK twice");
}

TEST(VerifyCommit, ParentsAndSubmodulesAreNotLookedFor) {
  hand_pack p;
  const oid elsewhere = object_id(hash_kind::sha1, object_type::commit, as_bytes("elsewhere"));
  const oid root = p.add(object_type::tree, tree_text().add("160000", "module", elsewhere).text());
  std::string text = commit_text(root);
  text.insert(text.find("author"), "parent " + text_of(elsewhere) + "\n");
  const oid commit = p.add(object_type::commit, text);
  expect_good(check(hand_image(commit, p)));
}

TEST(VerifyCommit, ACommitWithoutAMessage) {
  hand_pack p;
  const oid root = p.add(object_type::tree, "");
  const oid commit = p.add(object_type::commit, commit_text(root, ""));
  const verify_report r = check(hand_image(commit, p));
  expect_good(r);
  EXPECT_FALSE(r.head()->has_message);
}

// Objects

TEST(VerifyCommit, HostileTrees) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{".."}, "named \"..\""},  {{"."}, "named \".\""}, {{".GIT"}, "stands for .git"},  {{"git~1"}, "stands for .git"},
      {{"a/b"}, "contains '/'"}, {{""}, "is empty"},     {{"a", "a"}, "duplicate name"}, {{"b", "a"}, "not in order"}};
  for (const auto& [names, what] : cases) {
    hand_pack p;
    const oid blob = p.add(object_type::blob, kHello);
    tree_text tree;
    for (const std::string& name : names) tree.add("100644", name, blob);
    const byte_vector image = image_of_tree(p, tree.text());
    expect_fault(check(image), errc::malformed, p.at(1), what);
    const oid bad = object_id(hash_kind::sha1, object_type::tree, as_bytes(tree.text()));
    // A tree that is not the commit's is checked, too.
    hand_pack q;
    q.add(object_type::blob, kHello);
    q.add(object_type::tree, tree.text());
    const byte_vector beside = image_of_tree(q, tree_text().add("100644", "a", blob).text(), kNoTable);
    expect_one_fault(check(beside), errc::malformed, q.at(1), text_of(bad) + ": ");
  }
}

TEST(VerifyCommit, GitmodulesMustBeAFile) {
  for (const std::string_view mode : {"120000", "40000", "160000", "100644", "100755"}) {
    hand_pack p;
    const oid below = p.add(object_type::tree, "");
    const oid blob = p.add(object_type::blob, "");
    const tree_text tree = tree_text().add(mode, "gi7eba~1", mode == "40000" ? below : blob);
    const verify_report r = check(image_of_tree(p, tree.text(), kNoTable));
    if (mode.starts_with("100")) {
      expect_good(r);
    } else {
      expect_one_fault(r, errc::malformed, p.at(2), "stands for .gitmodules is not a file");
    }
  }
}

TEST(VerifyCommit, ATreeThatIsCutShort) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  std::string text = tree_text().add("100644", "a", blob).add("100644", "b", blob).text();
  text.pop_back();
  const byte_vector image = image_of_tree(p, text);
  expect_one_fault(check(image), errc::truncated, p.at(1), "tree ");
}

TEST(VerifyCommit, OddModesAreARemark) {
  hand_pack p;
  const oid blob = p.add(object_type::blob, kHello);
  const verify_report r =
      check(image_of_tree(p, tree_text().add("100664", "a", blob).add("0100644", "b", blob).text()));
  expect_good(r);
  expect_remark(r, "2 entries of 1 trees have modes");
}

TEST(VerifyCommit, CommitsAndTagsAreParsed) {
  hand_pack p;
  const oid root = p.add(object_type::tree, "");
  const oid commit = p.add(object_type::commit, commit_text(root));
  p.add(object_type::tag, "object " + text_of(commit) + "\ntype commit\ntag v1\n\nx\n");
  expect_good(check(hand_image(commit, p, kNoTable)));
  p.add(object_type::tag, "object " + text_of(commit) + "\ntype thing\ntag v1\n\nx\n");
  p.add(object_type::commit, "tree " + text_of(root) + "\n");
  const verify_report r = check(hand_image(commit, p, kNoTable));
  EXPECT_EQ(r.fault_count, 2u);
  expect_fault(r, errc::malformed, p.at(3), "unknown type in a tag");
  expect_fault(r, errc::malformed, p.at(4), "nothing but a tree line");
}

// All faults
