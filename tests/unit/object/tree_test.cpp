#include "object/tree.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "support/image_maker.hpp"

namespace docteur {
namespace {

using namespace std::string_view_literals;

oid id_of(std::string_view text) { return object_id(hash_kind::sha1, object_type::blob, as_bytes(text)); }

// Returns all entries, or the first error. The content is in a block of exactly its size.
result<std::vector<tree_entry>> parse(const std::string& text, std::uint64_t at = 0) {
  static buffer kept;  // the names refer to it
  kept = to_buffer(text);
  kept.shrink_to_fit();
  std::vector<tree_entry> all;
  for (tree_reader r(kept, hash_kind::sha1, at); !r.done();) {
    DOCTEUR_TRY(e, r.next());
    all.push_back(e);
  }
  return all;
}

// `names`: a directory's ends in '/'.
std::string tree_of(std::initializer_list<std::string_view> names) {
  tree_text t;
  for (std::string_view n : names) {
    const bool directory = n.ends_with('/');
    if (directory) n.remove_suffix(1);
    t.add(directory ? "40000" : "100644", n, id_of(n));
  }
  return t.text();
}

TEST(Tree, KnowsTheModesThatHistoryHolds) {
  struct known {
    std::string_view mode;
    entry_kind kind;
  };
  for (const known& k : {known{"100644", entry_kind::file}, known{"100664", entry_kind::file},
                         known{"100755", entry_kind::executable}, known{"100744", entry_kind::executable},
                         known{"120000", entry_kind::symlink}, known{"40000", entry_kind::directory},
                         known{"040000", entry_kind::directory}, known{"160000", entry_kind::submodule}}) {
    const auto entries = parse(tree_text().add(k.mode, "name", id_of("x")).text());
    ASSERT_TRUE(entries) << k.mode;
    ASSERT_EQ(entries->size(), 1u);
    EXPECT_EQ(entries->front().kind, k.kind) << k.mode;
    EXPECT_EQ(entries->front().name, "name");
    EXPECT_EQ(entries->front().id, id_of("x"));
    EXPECT_EQ(entries->front().zero_padded, k.mode == "040000");
    EXPECT_EQ(entries->front().mode, std::stoul(std::string(k.mode), nullptr, 8));
  }
}

TEST(Tree, CanonicalModesAreThoseOfTheKinds) {
  for (const entry_kind kind :
       {entry_kind::file, entry_kind::executable, entry_kind::symlink, entry_kind::directory, entry_kind::submodule}) {
    char mode[16];
    std::snprintf(mode, sizeof mode, "%o", canonical_mode(kind));
    EXPECT_EQ(parse(tree_text().add(mode, "n", id_of("")).text())->front().kind, kind) << name(kind);
  }
}

TEST(Tree, RefusesOtherModes) {
  for (const std::string_view mode :
       {"", "0", "20000", "60000", "140000", "010000", "100648", "1006 44", "x", "-1", "00100644", "7100644", "0x1ff"})
    EXPECT_FALSE(parse(tree_text().add(mode, "name", id_of("x")).text())) << mode;
}

TEST(Tree, EmptyTreeHasNoEntries) { EXPECT_TRUE(parse("")->empty()); }

TEST(Tree, OrderIsThatOfGit) {
  // As `git mktree` sorts them: a directory as if its name ended in '/'.
  const auto good = parse(tree_of({"a", "a-", "a.c", "a.d", "aa/", "ab", "b/", "b0"}));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->size(), 8u);
  EXPECT_TRUE(parse(tree_of({"a-", "a.", "a/", "a0"})));
  for (const auto& bad : {tree_of({"b", "a"}), tree_of({"a/", "a."}), tree_of({"a0", "a/"}), tree_of({"aa", "a"}),
                          tree_of({"\xff", "z"})})
    EXPECT_EQ(parse(bad).error().code, errc::malformed);
}

TEST(Tree, BytesAreUnsigned) { EXPECT_TRUE(parse(tree_of({"\x01", "z", "\x7f", "\x80", "\xff"}))); }

TEST(Tree, RefusesANameTwice) {
  EXPECT_FALSE(parse(tree_of({"a", "a"})));
  EXPECT_FALSE(parse(tree_of({"a/", "a/"})));
  EXPECT_FALSE(parse(tree_of({"a", "a/"})));
  // A file and a directory of one name need not be neighbours.
  EXPECT_FALSE(parse(tree_of({"a", "a-", "a/"})));
  EXPECT_FALSE(parse(tree_of({"a", "a ", "a-", "a-b", "a.c/", "a/"})));
  EXPECT_FALSE(parse(tree_of({"a", "a-", "a-/", "b"})));
  EXPECT_FALSE(parse(tree_of({"a", "a-", "a-.", "a-/", "a/"})));
}

TEST(Tree, AcceptsWhatOnlyLooksLikeANameTwice) {
  for (const auto& good : {tree_of({"a", "a-/"}), tree_of({"a", "a-", "a.", "a0/"}), tree_of({"a-", "a/"}),
                           tree_of({"a", "a ", "a  ", "a -", "a-"}), tree_of({"a", "a-/", "b", "b-", "c/"}),
                           tree_of({"ab", "ab-", "abc/", "b/"}), tree_of({"a-", "a-b", "a/"})})
    EXPECT_TRUE(parse(good));
}

// The work for an entry is bounded whatever the content: a hundred thousand names, each a prefix of the next.
TEST(Tree, NamesThatAreEachOthersPrefixesAreNoWork) {
  std::string text;
  std::string name = "x";
  for (int i = 0; i < 3000; ++i, name += '!') text += tree_text().add("100644", name, id_of("")).text();
  for (int i = 0; i < 20'000; ++i) {
    std::string last = name + std::to_string(100'000 + i);
    text += tree_text().add("100644", last, id_of("")).text();
  }
  EXPECT_EQ(parse(text)->size(), 23'000u);
  EXPECT_FALSE(parse(text + tree_text().add("40000", "x", id_of("")).text()));
  EXPECT_TRUE(parse(text + tree_text().add("40000", "y", id_of("")).text()));
}

// The set of prefixes is kept in words of 64 bits.
TEST(Tree, FindsANameTwiceAtEveryLength) {
  for (const std::size_t n : {1u, 62u, 63u, 64u, 65u, 127u, 128u, 1000u, 4095u, 4096u}) {
    const std::string name(n, 'n');
    const std::string shorter = name.substr(0, n / 2);
    tree_text t;
    if (!shorter.empty()) t.add("100644", shorter, id_of(""));
    t.add("100644", name, id_of(""));
    if (n < kMaxEntryName) t.add("100644", name + "-", id_of(""));
    EXPECT_TRUE(parse(t.text())) << n;
    EXPECT_TRUE(parse(tree_text(t).add("40000", name.substr(1) + "o", id_of("")).text())) << n;
    EXPECT_FALSE(parse(t.add("40000", name, id_of("")).text())) << n;
  }
}

TEST(Tree, RefusesHostileNames) {
  for (const std::string_view name : {""sv, "."sv, ".."sv, ".git"sv, ".GIT"sv, "git~1"sv, ".g\u200cit"sv, "a/b"sv,
                                      ".git."sv, ".git::$INDEX_ALLOCATION"sv})
    EXPECT_FALSE(parse(tree_text().add("100644", name, id_of("x")).text())) << name;
}

TEST(Tree, KeepsOddNames) {
  for (const std::string_view name : {" ", "new\nline", "\xff\xfe", "...", ".gitmodules", "a\\b", "\x01"}) {
    const auto entries = parse(tree_text().add("100644", name, id_of("x")).text());
    ASSERT_TRUE(entries) << name;
    EXPECT_EQ(entries->front().name, name);
  }
}

TEST(Tree, EveryPrefixIsRefusedOrASmallerTree) {
  const std::string text = tree_of({"a", "b/", "name with spaces"});
  const std::size_t first = tree_of({"a"}).size();
  const std::size_t second = first + tree_of({"b/"}).size();
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto got = parse(text.substr(0, n));
    if (n == 0 || n == first || n == second) {
      EXPECT_TRUE(got);
    } else {
      EXPECT_FALSE(got) << "prefix " << n;
    }
  }
}

TEST(Tree, SaysWhereInTheImage) {
  const std::string good = tree_of({"a", "b"});
  EXPECT_EQ(parse(good + "bad", 1000).error().at, 1000 + good.size());
}

TEST(Tree, ComparesLikeGit) {
  EXPECT_EQ(compare_tree_names("a", false, "a", false), 0);
  EXPECT_EQ(compare_tree_names("a", true, "a", true), 0);
  EXPECT_LT(compare_tree_names("a", false, "a", true), 0);
  EXPECT_LT(compare_tree_names("a.", false, "a", true), 0);
  EXPECT_GT(compare_tree_names("a0", false, "a", true), 0);
  EXPECT_LT(compare_tree_names("a", true, "a0", true), 0);
  EXPECT_GT(compare_tree_names("\xff", false, "a", false), 0);
}

}  // namespace
}  // namespace docteur
