#include "layout/path_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "layout/path_tree_format.hpp"
#include "support/guest.hpp"

namespace docteur {
namespace {

// Keys without their NUL, as in path_tree.hpp: "a/b" is a file, "a/" a directory, "" the root. std::string compares
// bytes unsigned, so the map is in the order of keys.
using key_set = std::map<std::string, std::uint32_t>;

bool is_directory(const std::string& key) { return key.empty() || key.ends_with('/'); }
std::string path_of(const std::string& key) { return key.ends_with('/') ? key.substr(0, key.size() - 1) : key; }

result<path_tree> build(const key_set& keys, const memory& from) {
  path_tree_builder b(from);
  for (const auto& [key, record] : keys) DOCTEUR_CHECK(b.add(path_of(key), is_directory(key), record));
  return b.finish();
}

// The other way to add keys: the length of the prefix shared with the key before, and the rest.
result<path_tree> build_by_tails(const key_set& keys, const memory& from) {
  path_tree_builder b(from);
  std::string last;
  for (const auto& [key, record] : keys) {
    const auto parted = std::mismatch(key.begin(), key.end(), last.begin(), last.end());
    const auto shared = static_cast<std::size_t>(parted.first - key.begin());
    DOCTEUR_CHECK(b.add_tail(shared, std::string_view(key).substr(shared), record));
    EXPECT_EQ(b.last_key(), key);
    last = key;
  }
  return b.finish();
}

// Returns the longest key, of a file or a directory, that is `path` or leads to it.
std::optional<path_tree::prefix> longest_prefix(const key_set& keys, std::string path) {
  for (;;) {
    const auto file = keys.find(path);
    if (!path.empty() && file != keys.end()) return path_tree::prefix{file->second, 0, false, path.size()};
    const auto directory = keys.find(path.empty() ? path : path + "/");
    if (directory != keys.end()) return path_tree::prefix{directory->second, 0, true, path.size()};
    if (path.empty()) return std::nullopt;
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
}

// Looks up every path and its neighbours in the tree, and compares lower_bound() with the map's for each.
void expect_like_map(const path_tree& tree, const key_set& keys) {
  ASSERT_EQ(tree.size(), keys.size());
  std::size_t longest = 0;
  std::set<std::string> asked{"", "\1", "\xff", "zzz", "/"};
  for (const auto& [key, record] : keys) {
    longest = std::max(longest, key.size());
    const std::string path = path_of(key);
    const auto found = tree.find(path);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(found->record, record) << path;
    EXPECT_EQ(found->is_directory, is_directory(key)) << path;
    EXPECT_EQ(tree.record(found->leaf), record) << path;
    EXPECT_EQ(found->leaf == 0, key == keys.begin()->first) << path;
    EXPECT_FALSE(tree.find(path + "/")) << "only snapshot::find() accepts trailing slashes";
    for (const std::string& near :
         {path, path + "/", path + "\1", path + "x", path + "/x", path + "/x/y", path + "\xff",
          path.substr(0, path.size() / 2), path.substr(0, path.size() - !path.empty())})
      asked.insert(near);
    if (!path.empty()) {
      for (const int step : {-1, 1}) {
        std::string near = path;
        near.back() = static_cast<char>(near.back() + step);
        if (near.back() != '\0') asked.insert(near);
        near = path;
        near[near.size() / 2] = static_cast<char>(near[near.size() / 2] + step);
        if (near[near.size() / 2] != '\0') asked.insert(near);
      }
    }
  }
  EXPECT_EQ(tree.path_bytes(), longest);
  std::vector<char> room(longest);
  for (const std::string& path : asked) {
    const auto found = tree.find(path);
    const auto file = path.ends_with('/') || path.empty() ? keys.end() : keys.find(path);
    const auto directory = path.ends_with('/') ? keys.end() : keys.find(path.empty() ? path : path + "/");
    EXPECT_EQ(found.has_value(), file != keys.end() || directory != keys.end()) << path;
    if (!path.starts_with('/') && !path.ends_with('/') && path.find("//") == std::string::npos) {
      const auto led = tree.find_prefix(path);
      const auto longest_there = longest_prefix(keys, path);
      ASSERT_EQ(led.has_value(), longest_there.has_value()) << path;
      if (led) {
        EXPECT_EQ(led->path_size, longest_there->path_size) << path;
        EXPECT_EQ(led->record, longest_there->record) << path;
        EXPECT_EQ(led->is_directory, longest_there->is_directory) << path;
      }
    }
    const auto expected = keys.lower_bound(path);
    const auto got = tree.lower_bound(path, room);
    ASSERT_EQ(got.has_value(), expected != keys.end()) << path;
    if (!got) continue;
    EXPECT_EQ(std::string_view(room.data(), got->path_size), expected->first) << "not below " << path;
    EXPECT_EQ(got->record, expected->second) << path;
    EXPECT_EQ(got->is_directory, is_directory(expected->first)) << path;
  }
}

void expect_like_map(const key_set& keys) {
  counting_memory mem;
  {
    const auto tree = build(keys, mem.handle());
    ASSERT_TRUE(tree) << tree.error().what;
    EXPECT_EQ(tree->memory_used(), mem.used()) << "cut to size";
    expect_like_map(*tree, keys);
    const auto other = build_by_tails(keys, mem.handle());
    ASSERT_TRUE(other) << other.error().what;
    expect_like_map(*other, keys);
  }
  EXPECT_EQ(mem.blocks(), 0u);
  EXPECT_TRUE(mem.sizes_match());
}

key_set with_records(const std::set<std::string>& keys) {
  key_set all;
  std::uint32_t record = 0x80000000;  // records use all 32 bits
  for (const std::string& key : keys) all.emplace(key, record += 0x01000193);
  return all;
}

// Random paths over a small alphabet, with every directory above each. No file has the name of a directory.
key_set random_keys(unsigned seed, std::size_t files, std::string_view alphabet, std::size_t depth,
                    std::size_t length) {
  std::mt19937 random(seed);
  std::set<std::string> directories{""};
  std::set<std::string> names;
  for (std::size_t i = 0; i < files; ++i) {
    std::string path;
    for (std::size_t level = random() % depth + 1; level-- > 0;) {
      std::string name;
      for (std::size_t n = random() % length + 1; n-- > 0;) name += alphabet[random() % alphabet.size()];
      if (level > 0) {
        name += '/';
        if (names.contains(path + name.substr(0, name.size() - 1))) break;
        directories.insert(path + name);
      } else if (!directories.contains(path + name + "/")) {
        names.insert(path + name);
      }
      path += name;
    }
  }
  names.merge(directories);
  return with_records(names);
}

TEST(PathTree, IsEmptyByDefault) {
  const path_tree none;
  std::array<char, 10> room;
  EXPECT_FALSE(none.find(""));
  EXPECT_FALSE(none.find("a"));
  EXPECT_FALSE(none.lower_bound("", room));
}

TEST(PathTree, NoRecordWhereNoLeafCanBe) {
  counting_memory mem;
  const auto tree = build({{"", 7}}, mem.handle());
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->record(tree->find("")->leaf), 7u);
  for (const std::uint32_t beyond : {static_cast<std::uint32_t>(tree->memory_used()) - 3, 0x7fffffffu, ~0u})
    EXPECT_EQ(tree->record(beyond), 0u);
  EXPECT_EQ(path_tree().record(0), 0u);
}

TEST(PathTree, RefusesToBeEmpty) {
  counting_memory mem;
  path_tree_builder b(mem.handle());
  EXPECT_EQ(b.finish().error().code, errc::malformed);
}

TEST(PathTree, NothingHasANulInIt) {
  counting_memory mem;
  const auto tree = build(with_records({"", "a", "ab", "b/", "b/c", "b/cc"}), mem.handle());
  using namespace std::string_view_literals;
  for (const auto path : {"\0"sv, "a\0"sv, "a\0b"sv, "b\0"sv, "b/\0"sv, "b/c\0"sv, "b/c\0c"sv})
    EXPECT_FALSE(tree->find(path)) << testing::PrintToString(path);
}

TEST(PathTree, SingleKeys) {
  for (const std::string& key : {std::string(), std::string("a"), std::string("a/"), std::string("a/b/c"),
                                 std::string(300, 'x'), std::string(300, 'x') + "/"})
    expect_like_map(with_records({key}));
}

TEST(PathTree, FilesAndDirectoriesInGitsOrder) {
  expect_like_map(with_records({"", "a-", "a.b", "a/", "a/b", "a/c/", "a0", "b", "b.x", "c/", "d/", "d/e/", "d/e/f/"}));
}

// One directory whose node has `n` children, to cover each shape and its limits.
TEST(PathTree, EveryNumberOfChildren) {
  for (int n = 1; n <= 253; ++n) {
    std::set<std::string> keys{"", "d/"};
    for (int i = 0; i < n; ++i) {
      int byte = (i * 7) % 253 + 1;  // never NUL
      if (byte >= '/') ++byte;       // never '/'
      keys.insert("d/" + std::string(1, static_cast<char>(byte)) + (i % 2 == 0 ? "" : "rest"));
    }
    ASSERT_EQ(keys.size(), static_cast<std::size_t>(n) + 2);
    expect_like_map(with_records(keys));
  }
}

TEST(PathTree, PrefixesOfEveryLengthAroundTheEscape) {
  for (const std::size_t n : {1u, 253u, 254u, 255u, 256u, 257u, 1000u, 65000u}) {
    const std::string p(n, 'p');
    expect_like_map(with_records({"", p + "a", p + "b", p + "c/", p + "c/d"}));
    expect_like_map(with_records({"", p, "q" + p, "q" + p + "q"}));
  }
}

TEST(PathTree, LongestKeyIsWhatALengthCanSay) {
  counting_memory mem;
  path_tree_builder b(mem.handle());
  EXPECT_TRUE(b.add("", true, 0));
  EXPECT_EQ(b.add(std::string(0xffff, 'x'), false, 1).error().code, errc::too_large);
  EXPECT_TRUE(b.add(std::string(0xfffe, 'x'), false, 1));
  const auto tree = b.finish();
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->find(std::string(0xfffe, 'x'))->record, 1u);
  EXPECT_FALSE(tree->find(std::string(0xfffd, 'x')));
}

TEST(PathTree, RandomSets) {
  const std::string every = [] {
    std::string s;
    for (int c = 1; c < 256; ++c)
      if (c != '/') s += static_cast<char>(c);
    return s;
  }();
  for (unsigned seed = 0; seed < 12; ++seed) {
    expect_like_map(random_keys(seed, 200, "ab", 6, 3));
    expect_like_map(random_keys(seed, 200, "a-.0", 4, 4));
    expect_like_map(random_keys(seed, 500, every, 2, 1));
    expect_like_map(random_keys(seed, 300, every, 4, 6));
    expect_like_map(random_keys(seed, 30, "ab", 3, 400));
  }
  expect_like_map(random_keys(7, 20'000, "abcdefghij", 5, 5));
}

TEST(PathTree, RefusesWhatIsOutOfOrder) {
  const auto second = [](std::string_view a, bool a_dir, std::string_view b, bool b_dir) {
    counting_memory mem;
    path_tree_builder builder(mem.handle());
    EXPECT_TRUE(builder.add("", true, 0));
    EXPECT_TRUE(builder.add(a, a_dir, 1));
    const auto r = builder.add(b, b_dir, 2);
    return r ? errc::not_found : r.error().code;
  };
  EXPECT_EQ(second("b", false, "a", false), errc::malformed);
  EXPECT_EQ(second("a", false, "a", false), errc::malformed);
  EXPECT_EQ(second("a", true, "a", true), errc::malformed);
  EXPECT_EQ(second("a", true, "a", false), errc::malformed);
  EXPECT_EQ(second("a", true, "a.", false), errc::malformed);
  EXPECT_EQ(second("a/b", false, "a", true), errc::malformed);
  EXPECT_EQ(second("ab", false, "a", false), errc::malformed);
  EXPECT_EQ(second("\xff", false, "z", false), errc::malformed);
  EXPECT_EQ(second("a", false, "", true), errc::malformed);
  EXPECT_EQ(second("a", true, "a0", false), errc::not_found);
}

TEST(PathTree, RefusesAFileAndADirectoryOfOneName) {
  counting_memory mem;
  for (const key_set& keys : {with_records({"", "a", "a/"}), with_records({"", "a", "a-", "a.b", "a/", "a/b"}),
                              with_records({"", "d/", "d/a", "d/a-", "d/a/", "e"}), with_records({"a", "a/"})})
    EXPECT_EQ(build(keys, mem.handle()).error().code, errc::malformed);
  EXPECT_TRUE(build(with_records({"", "a-", "a/", "a/b"}), mem.handle()));
}

TEST(PathTree, ARoomThatIsTooSmallIsSaid) {
  counting_memory mem;
  const auto tree = build(with_records({"", "a/", "a/long name", "b"}), mem.handle());
  std::vector<char> room(tree->path_bytes() - 1);
  EXPECT_FALSE(tree->lower_bound("a/\1", room));
  EXPECT_TRUE(tree->lower_bound("b", room));
}

TEST(PathTree, SurvivesEveryFailingAllocation) {
  const key_set keys = random_keys(1, 500, "abcdef", 4, 6);
  bool whole = false;
  for (std::size_t n = 0; !whole; ++n) {
    ASSERT_LT(n, 1000u);
    counting_memory mem;
    mem.fail_at(n);
    {
      const auto tree = build(keys, mem.handle());
      whole = tree.has_value();
      if (whole) {
        EXPECT_GT(n, 5u);
      } else {
        EXPECT_EQ(tree.error().code, errc::out_of_memory);
      }
    }
    EXPECT_EQ(mem.blocks(), 0u) << n;
    EXPECT_TRUE(mem.sizes_match());
  }
}

TEST(PathTree, TakesAFewBytesForEachPath) {
  // Like a source tree: the memory promised for attaching (10 MB for 80,000 paths) depends on it.
  const key_set keys = random_keys(3, 50'000, "abcdefghijklmnop", 6, 8);
  counting_memory mem;
  const auto tree = build(keys, mem.handle());
  ASSERT_TRUE(tree);
  EXPECT_LT(tree->memory_used(), keys.size() * 40);
}

}  // namespace
}  // namespace docteur
