// What a commit says of submodules, and where that leads. Over real servers: tests/network/submodules_test.py.
#include "source/selection/gitmodules.hpp"

#include <gtest/gtest.h>

#include "source/location.hpp"
#include "source/selection/submodule_address.hpp"
#include "support/scratch.hpp"

namespace docteur {
namespace {

std::string shown(std::string_view text) {
  const auto parsed = parse_gitmodules(as_bytes(text));
  if (!parsed) return "refused: " + parsed.error().message;
  std::string out;
  for (const submodule_words& s : *parsed) out += s.name + "|" + s.path + "|" + s.url + "\n";
  return out;
}

void expect_refused(std::string_view text, std::string_view why) {
  EXPECT_NE(shown(text).find(why), std::string::npos) << text << ": " << shown(text);
  EXPECT_TRUE(shown(text).starts_with("refused: ")) << text;
}

TEST(Gitmodules, WhatGitWritesIsRead) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("# nothing\n"), "");
  EXPECT_EQ(shown("[submodule \"lib\"]\n\tpath = lib\n\turl = https://h/x.git\n\tbranch = main\n"),
            "lib|lib|https://h/x.git\n");
  EXPECT_EQ(shown("[submodule \"a/b.c d\"]\r\n\turl = ../x # not this\r\n\tpath = \"a#b\"\r\n[other]\n\tpath = y\n"
                  "[submodule \"in\\\"clude\"]\n\tPATH = include\n[submodule \"a/b.c d\"]\n\turl = ../x\n"),
            "a/b.c d|a#b|../x\nin\"clude|include|\n");
}

TEST(Gitmodules, AnIncludeIsNotFollowed) {
  const scratch dir;
  dir.write("more", "[submodule \"x\"]\n\tpath = x\n\turl = https://h/x\n");
  for (const std::string header : {"[include]", "  [INCLUDE]", "[a] x = y\n[includeIf \"gitdir:/\"]", "[include \"a\"]",
                                   "[a][include]", "\xef\xbb\xbf[include]"})
    EXPECT_EQ(shown(header + " path = " + dir.path() + "/more\n"), "") << header;
}

TEST(Gitmodules, HostileWordsAreRefused) {
  expect_refused(std::string("a\0b", 3), "control characters");
  expect_refused("[submodule \"x\"]\n\tpath = x\x7f\n", "control characters");
  expect_refused("[submodule \"x\"\n", "not well-formed");
  expect_refused("path = x\n[submodule]\n\\", "not well-formed");
  expect_refused(std::string(kMostGitmodules + 1, '#'), "larger than");
  for (const char* const name : {"..", "../x", "x/..", "x/../y", "..\\\\x"})
    expect_refused("[submodule \"" + std::string(name) + "\"]\n\tpath = x\n", "lead out");
  expect_refused("[submodule \"-x\"]\n\tpath = x\n", "dash");
  for (const char* const path : {"../x", "x/../../y", "..", "a/.."})
    expect_refused("[submodule \"x\"]\n\tpath = " + std::string(path) + "\n", "lead out");
  expect_refused("[submodule \"x\"]\n\tpath = /x\n", "absolute");
  expect_refused("[submodule \"x\"]\n\tpath = --x\n", "dash");
  expect_refused("[submodule \"x\"]\n\tpath = \"x\\ty\"\n", "control characters");
  for (const char* const url : {"\"https://h/x\\nhost=y\"", "https://h/x%0d", "\"\\b\""})
    expect_refused("[submodule \"x\"]\n\turl = " + std::string(url) + "\n", "control characters");
  for (const char* const url : {"-x", "--upload-pack=x", "-u./x"})
    expect_refused("[submodule \"x\"]\n\turl = " + std::string(url) + "\n", "dash");
  expect_refused("[submodule \"x\"]\n\turl = a\n[submodule \"y\"]\n[submodule \"x\"]\n\turl = b\n", "twice");
  expect_refused("[submodule \"x\"]\n\turl = a\npath = p\n[submodule \"y\"]\npath = p\nurl = b\n", "two URLs");
  EXPECT_EQ(shown("[submodule \"...\"]\n\tpath = ..x/x..\n"), "...|..x/x..|\n");
}

std::string led(std::string_view from, std::string_view url) {
  const auto where = parse_location(from);
  EXPECT_TRUE(where && where->remote) << from;
  const auto address = submodule_address(*where->remote, url);
  if (!address) {
    EXPECT_EQ(address.error().who, blame::input);
    return "refused: " + address.error().message;
  }
  return address->url;
}

// Each of these is what relative_url() of git 2.39 makes of it.
TEST(SubmoduleAddress, RelativeOnesAreSeenFromTheSuperproject) {
  EXPECT_EQ(led("https://h/a/b.git", "../x.git"), "https://h/a/x.git");
  EXPECT_EQ(led("https://h/a/b.git/", "../x.git/"), "https://h/a/x.git");
  EXPECT_EQ(led("https://h/a/b.git", "./x"), "https://h/a/b.git/x");
  EXPECT_EQ(led("https://h:1/a/b.git", "../.././../x/../y"),
            "refused: ../.././../x/../y: leads above the root of "
            "https://h:1/a/b.git");
  EXPECT_EQ(led("https://h:1/a/b.git", "../.././x/../y"), "https://h:1/x/../y");
  EXPECT_EQ(led("git://h/b.git", "../x"), "git://h/x");
  EXPECT_EQ(led("ssh://me@h:22/a/b", "../x"), "ssh://me@h:22/a/x");
  EXPECT_EQ(led("me@h:a/b", "../x"), "me@h:a/x");
  EXPECT_EQ(led("me@h:a/b", "../../x"), "me@h:x");
  EXPECT_EQ(led("h:b", "../x"), "h:x");
  EXPECT_EQ(led("h:/b", "../x"), "h:/x");
  EXPECT_EQ(led("h:/a/b/", "./x"), "h:/a/b/x");
  EXPECT_EQ(led("me@[h:22]:a/b", "../x"), "me@[h:22]:a/x");
  // Not a query: it may be a password.
  EXPECT_EQ(led("https://h/a/b.git?token=x/y", "../x.git"), "https://h/a/x.git");
}

TEST(SubmoduleAddress, NothingLeadsAboveTheHostOrToThisMachine) {
  for (const char* const from : {"https://h/b", "git://h/b", "ssh://h/b", "h:b", "h:/b"})
    EXPECT_NE(led(from, "../../x").find("above the root"), std::string::npos) << from << ": " << led(from, "../../x");
  for (const char* const url : {"/x", "x", "x/y:z", ":x", "~/x", "..", ".", "file:///x", "FILE://x", "relativize://x"})
    EXPECT_NE(led("https://h/b", url).find("this machine"), std::string::npos)
        << url << ": " << led("https://h/b", url);
  for (const char* const url :
       {"ext::sh -c x", "fd::3", "ftp://h/x", "ssh://-ox/x", "-ox:x", "h:-x", "https:///x", "https://h", "git://u@h/x"})
    EXPECT_TRUE(led("https://h/b", url).starts_with("refused: ")) << url;
  EXPECT_TRUE(led("h:b", "../:x").starts_with("refused: "));
  EXPECT_TRUE(led("h:b", "../-x").starts_with("refused: "));
}

TEST(SubmoduleAddress, PasswordsGoAlongOnlyWhereTheHostIsTheSame) {
  const auto from = parse_location("https://jane:secret@h/a/b");
  ASSERT_TRUE(from);
  const auto same = submodule_address(*from->remote, "../x");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->user, "jane");
  EXPECT_EQ(same->password, "secret");
  EXPECT_EQ(same->shown, "https://h/a/x");
  for (const char* const url : {"https://h/a/x", "https://other/a/x", "ssh://h/x", "h:x"}) {
    const auto other = submodule_address(*from->remote, url);
    ASSERT_TRUE(other) << url;
    EXPECT_EQ(other->user, "") << url;
    EXPECT_FALSE(other->password) << url;
  }
  const auto own = submodule_address(*from->remote, "https://joe:own@other/x");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->user, "joe");
}

}  // namespace
}  // namespace docteur
