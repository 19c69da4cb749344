#include "object/path_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace docteur {
namespace {

using namespace std::string_view_literals;

TEST(PathRules, RefusesWhatGitFsckRefuses) {
  for (const std::string_view bad : {
           ""sv,
           "."sv,
           ".."sv,
           "a/b"sv,
           "/"sv,
           "a\0b"sv,
           ".git"sv,
           ".GIT"sv,
           ".gIt"sv,
           ".git."sv,
           ".git "sv,
           ".git . ."sv,
           ".git::$INDEX_ALLOCATION"sv,
           ".git:x"sv,
           ".git\\hooks"sv,
           "git~1"sv,
           "GIT~1"sv,
           "git~1."sv,
           "x\\.git"sv,
           "x\\y\\GIT~1"sv,
           ".g\u200cit"sv,
           "\u200e.git"sv,
           ".git\ufeff"sv,
           ".g\u202aI\u206ft"sv,
       })
    EXPECT_NE(bad_entry_name(bad), nullptr) << bad;
}

TEST(PathRules, AcceptsWhatIsMerelyOdd) {
  for (const std::string_view good : {
           "a"sv,
           "..."sv,
           ".gitignore"sv,
           ".gitmodules"sv,
           ".git-x"sv,
           "git"sv,
           "git~2"sv,
           "git~10"sv,
           " .git"sv,
           "a b"sv,
           "new\nline"sv,
           "\xff\xfe"sv,
           "x\\y"sv,
           ".gi\u200b t"sv,
           ".g\u200bit"sv,
           "x.git"sv,
           "~"sv,
           "-rf"sv,
       })
    EXPECT_EQ(bad_entry_name(good), nullptr) << good;
}

// As `git fsck` decides for a link of this name.
TEST(PathRules, KnowsWhatStandsForGitmodules) {
  for (const std::string_view name : {
           ".gitmodules"sv,    ".GitModules"sv,    ".gitmodules "sv,      ".gitmodules. ."sv,    ".gitmodules:x"sv,
           "gitmod~1"sv,       "GITMOD~4"sv,       "gitmod~1 ."sv,        "gi7eba~1"sv,          "GI7EBA~9"sv,
           "gi7eb~12"sv,       "gi7~1234"sv,       "g~123456"sv,          "~1000000"sv,          "gi7eba~1::$DATA"sv,
           "a\\.gitmodules"sv, "a\\b\\gitmod~1"sv, ".git\u200cmodules"sv, "\ufeff.gitmodules"sv,
       })
    EXPECT_TRUE(stands_for_gitmodules(name)) << name;
  for (const std::string_view name : {
           ""sv,
           "gitmodules"sv,
           ".gitmodulesx"sv,
           ".gitmodule"sv,
           "gitmod~0"sv,
           "gitmod~5"sv,
           "gitmod~1x"sv,
           "gi7eba~"sv,
           "gi7eba~0"sv,
           "gi7eba~x"sv,
           "gi7ebx~1"sv,
           "gi7eba01"sv,
           ".gitattributes"sv,
           "gi7eb~1"sv,
           "~0100000"sv,
           "gi7eb~1x"sv,
           "a\\"sv,
           "a\\b"sv,
           "~"sv,
           "x.gitmodules"sv,
           "a\\.git\u200cmodules"sv,
       })
    EXPECT_FALSE(stands_for_gitmodules(name)) << name;
}

TEST(PathRules, KnowsWhatStandsForGitattributes) {
  for (const std::string_view name : {".gitattributes"sv, "GITATT~1"sv, "gi7d29~1"sv, ".gitattributes ."sv})
    EXPECT_TRUE(stands_for_gitattributes(name)) << name;
  for (const std::string_view name : {".gitmodules"sv, "gitatt~5"sv, "gi7eba~1"sv, ".gitattribute"sv})
    EXPECT_FALSE(stands_for_gitattributes(name)) << name;
}

TEST(PathRules, NamesHaveALongestLength) {
  EXPECT_EQ(bad_entry_name(std::string(kMaxEntryName, 'x')), nullptr);
  EXPECT_NE(bad_entry_name(std::string(kMaxEntryName + 1, 'x')), nullptr);
}

// Names are checked eight bytes at a time.
TEST(PathRules, SpecialBytesAreSeenWhereverTheyAre) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string plain(size, '\xaf');  // '/' with the highest bit set
    EXPECT_EQ(bad_entry_name(plain), nullptr) << size;
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'/', '\0'}) {
        std::string name = plain;
        name[at] = c;
        EXPECT_NE(bad_entry_name(name), nullptr) << size << " " << at;
      }
      for (const char c : {'-', '0', '\1', '\\', '[', ']', '\xdc', '\x80', '\xff'}) {
        std::string name = plain;
        name[at] = c;
        EXPECT_EQ(bad_entry_name(name), nullptr) << size << " " << at;
      }
      EXPECT_NE(bad_entry_name(plain.substr(0, at) + "\\.git"), nullptr) << at;
    }
  }
}

}  // namespace
}  // namespace docteur
