#include "verify/fsck_messages.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/verify_sample.hpp"

using namespace docteur;
using namespace std::string_literals;

namespace {

const std::string kTree = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
const std::string kGood = "A U Thor <a@b> 1 +0000";

std::string text_of_message(const char* message) { return message == nullptr ? "" : message; }

std::string of_commit(const std::string& author, const std::string& rest = "committer A <a@b> 1 +0000\n\nm\n") {
  return text_of_message(fsck_message_of_commit(kTree + "author " + author + "\n" + rest));
}

}  // namespace

TEST(FsckMessages, OfIdentities) {
  EXPECT_EQ(of_commit(kGood), "");
  EXPECT_EQ(of_commit("A <> 0 -1200"), "");
  EXPECT_EQ(of_commit("A <a@b> 9223372036854775807 +0000"), "");
  EXPECT_EQ(of_commit("<a@b> 1 +0000"), "missingNameBeforeEmail");
  EXPECT_EQ(of_commit("A a@b 1 +0000"), "missingEmail");
  EXPECT_EQ(of_commit(""), "missingEmail");
  EXPECT_EQ(of_commit("A> <a@b> 1 +0000"), "badName");
  EXPECT_EQ(of_commit("A<a@b> 1 +0000"), "missingSpaceBeforeEmail");
  EXPECT_EQ(of_commit("A <a<b> 1 +0000"), "badEmail");
  EXPECT_EQ(of_commit("A <a@b"), "badEmail");
  EXPECT_EQ(of_commit("A <a@b>1 +0000"), "missingSpaceBeforeDate");
  EXPECT_EQ(of_commit("A <a@b>\n 1 +0000"), "missingSpaceBeforeDate");
  EXPECT_EQ(of_commit("A <a@b> x +0000"), "badDate");
  EXPECT_EQ(of_commit("A <a@b> -1 +0000"), "badDate");
  EXPECT_EQ(of_commit("A <a@b> 1"), "badDate");
  EXPECT_EQ(of_commit("A <a@b> 01 +0000"), "zeroPaddedDate");
  EXPECT_EQ(of_commit("A <a@b> 9223372036854775808 +0000"), "badDateOverflow");
  EXPECT_EQ(of_commit("A <a@b> 1 +00000"), "badTimezone");
  EXPECT_EQ(of_commit("A <a@b> 1 00:00"), "badTimezone");
}

TEST(FsckMessages, OfCommits) {
  EXPECT_EQ(of_commit(kGood + "\nauthor " + kGood), "multipleAuthors");
  EXPECT_EQ(of_commit(kGood, "\nm\n"), "missingCommitter");
  EXPECT_EQ(of_commit(kGood, "committer A <a@b> x +0000\n\nm\n"), "badDate");
  EXPECT_EQ(of_commit(kGood, "committer A <a@b> 1 +0000"), "unterminatedHeader");
  EXPECT_EQ(of_commit(kGood, "committer A <a@b> 1 +0000\nx\0y\n\nm"s), "nulInHeader");
  EXPECT_EQ(of_commit(kGood, "committer A <a@b> 1 +0000\n\nm\0"s), "nulInCommit");
  EXPECT_EQ(text_of_message(fsck_message_of_commit(kTree + "committer " + kGood + "\n\nm")), "missingAuthor");
  EXPECT_EQ(
      text_of_message(fsck_message_of_commit(kTree + "parent x\nauthor " + kGood + "\ncommitter " + kGood + "\n")), "");
}

TEST(FsckMessages, OfTags) {
  const std::string head = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype tree\ntag v1\n";
  EXPECT_EQ(text_of_message(fsck_message_of_tag(head + "tagger " + kGood + "\n\nm\n")), "");
  EXPECT_EQ(text_of_message(fsck_message_of_tag(head + "\nm\n")), "") << "old tags have no tagger";
  EXPECT_EQ(text_of_message(fsck_message_of_tag(head + "tagger A <a@b>\n\nm\n")), "missingSpaceBeforeDate");
  EXPECT_EQ(text_of_message(fsck_message_of_tag(head + "x")), "unterminatedHeader");
}

TEST(FsckMessages, OfGitattributes) {
  EXPECT_EQ(text_of_message(fsck_message_of_gitattributes("")), "");
  EXPECT_EQ(text_of_message(fsck_message_of_gitattributes("a\n" + std::string(2047, 'x') + "\nb")), "");
  EXPECT_EQ(text_of_message(fsck_message_of_gitattributes("a\n" + std::string(2048, 'x'))), "gitattributesLineLength");
}

TEST(FsckMessages, OfGitmodules) {
  struct expected {
    std::string text, message;
  };
  const std::string section = "[submodule \"x\"]\n";
  for (const expected& e : {
           expected{"", ""},
           expected{section + "\tpath = sub\n\turl = https://example.org/x.git\n", ""},
           expected{section + "url = git@example.org:x.git # a comment\n; another\n", ""},
           expected{section + "url = ../x.git\nurl = ./x\nurl = \"a b\"\\\n c\nupdate = rebase", ""},
           expected{"[submodule \"a..b\"]\nurl = x\n[core]\neditor = ..\n[submodule]\nrecurse\n", ""},
           expected{"[submodule \"../x\"]\nurl = x\n", "gitmodulesName"},
           expected{"[submodule \"a\\\\..\\\\b\"]\npath = x\n", "gitmodulesName"},
           expected{"[submodule \"\"]\npath = x\n", "gitmodulesName"},
           expected{"[Submodule...]\npath = x\n", "gitmodulesName"},
           expected{section + "url = -u\n", "gitmodulesUrl"},
           expected{section + "url = \"../../:x\"\n", "gitmodulesUrl"},
           expected{section + "url = ..//x\n", "gitmodulesUrl"},
           expected{section + "url = https:///x\n", "gitmodulesUrl"},
           expected{section + "url = https::x\n", "gitmodulesUrl"},
           expected{section + "url = ./%0Ax\n", "gitmodulesUrl"},
           expected{section + "URL = \"a\\nb\"\n", "gitmodulesUrl"},
           expected{section + "path = -x\n", "gitmodulesPath"},
           expected{section + "update = !rm\n", "gitmodulesUpdate"},
           expected{"[submodule \"x\n", "gitmodulesParse"},
           expected{section + "url = \"x\n", "gitmodulesParse"},
           expected{section + "url = \\x\n", "gitmodulesParse"},
           expected{"url ?", "gitmodulesParse"},
           expected{"[a b]\n", "gitmodulesParse"},
           expected{"]", "gitmodulesParse"},
           expected{"[]\n", "gitmodulesParse"},
           expected{section + "\vpath = x\n", "gitmodulesParse"},
           expected{section + "path = x\\\n", "gitmodulesParse"},
           expected{section + "path = -x\n]", "gitmodulesPath"},
       })
    EXPECT_EQ(text_of_message(fsck_message_of_gitmodules(e.text)), e.message) << e.text;
}

TEST(VerifyFsck, WhatGitHoldsAgainstGoodObjectsIsARemark) {
  hand_pack p;
  const oid attributes = p.add(object_type::blob, std::string(3000, 'x') + "\n");
  const oid modules = p.add(object_type::blob, "[submodule \"../x\"]\n\tpath = x\n");
  const oid below = p.add(object_type::tree, tree_text().add("100644", "GITMOD~1", modules).text());
  const oid root = p.add(object_type::tree, tree_text()
                                                .add("100644", ".gitattributes", attributes)
                                                .add("160000", "module", oid{})
                                                .add("40000", "sub", below)
                                                .text());
  std::string text = commit_text(root);
  text.insert(text.find("author"), "author S Econd <s@b> 2 +0000\n");
  const oid commit = p.add(object_type::commit, text);
  const verify_report r = check(hand_image(commit, p));
  expect_good(r);
  EXPECT_EQ(r.remarks.size(), 4u) << all_of(r);
  expect_remark(r, "commit " + text_of(commit) + ": git fsck says multipleAuthors");
  expect_remark(r, "tree " + text_of(root) + ": git fsck says nullSha1");
  expect_remark(r, "blob " + text_of(attributes) + ": git fsck says gitattributesLineLength");
  expect_remark(r, "blob " + text_of(modules) + ": git fsck says gitmodulesName");
  EXPECT_EQ(r.head()->author.name, "S Econd");
}
