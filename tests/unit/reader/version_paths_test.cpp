#include "reader/version_paths.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>
#include <vector>

#include "base/oid_text.hpp"
#include "builder/path_section_writer.hpp"
#include "support/guest.hpp"
#include "support/image_maker.hpp"
#include "support/tree_keys.hpp"

namespace docteur {
namespace {

constexpr std::uint32_t kObjects = 100;

oid commit(char c) { return object_id(hash_kind::sha1, object_type::blob, as_bytes(std::string_view(&c, 1))); }

// Each path of the result as "PATH KIND POSITION", a submodule with the first byte of its id instead; or the error.
result<std::vector<std::string>> read(const std::vector<buffer>& lists, const limits& bounds = {},
                                      std::size_t failing = kNever) {
  counting_memory mem;
  mem.fail_at(failing);
  buffer disk;
  std::vector<section> where;
  for (const buffer& list : lists) {
    where.push_back({section_type::versions, libdeflate_crc32(0, list.data(), list.size()), disk.size(), list.size()});
    append(disk, list);
  }
  copying_device copying(disk);
  std::vector<std::string> all;
  {
    path_tree_builder builder(mem.handle());
    oid_list submodules(mem.handle(), hash_kind::sha1);
    DOCTEUR_CHECK(read_version_paths(copying.handle(), where, kObjects, mem.handle(), bounds, builder, submodules));
    DOCTEUR_TRY(tree, builder.finish());
    for (const auto& [key, n, is_directory] : keys_of(tree)) {
      const std::string what =
          n.kind == entry_kind::submodule ? hex_text(submodules[n.position]).substr(0, 4) : std::to_string(n.position);
      all.push_back(key + " " + std::string(name(n.kind)) + " " + what);
    }
  }
  EXPECT_EQ(mem.blocks(), 0u);
  EXPECT_TRUE(copying.stayed_inside());
  return all;
}

buffer base() {
  path_section_writer w(kObjects);
  w.add("", entry_kind::directory, 0);
  w.add("a", entry_kind::file, 1);
  w.add("d", entry_kind::directory, 2);
  w.add("d/x", entry_kind::file, 3);
  w.add_submodule("m", commit('m'));
  w.add_submodule("n", commit('n'));
  return w.finish();
}

template <class F>
buffer list(F fill) {
  path_section_writer w(kObjects);
  fill(w);
  return w.finish();
}

void expect_error(const std::vector<buffer>& lists, errc code, std::string_view what, const limits& bounds = {}) {
  const auto got = read(lists, bounds);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, code);
  EXPECT_EQ(std::string_view(got.error().what), what);
}

TEST(VersionPaths, AreTheSectionChangedByEachList) {
  const buffer first = list([](path_section_writer& w) {
    w.add("", entry_kind::directory, 10);
    w.add_removed("a");
    w.add("a", entry_kind::directory, 11);
    w.add("a/b", entry_kind::executable, 12);
    w.add_removed("m");
    w.add_submodule("o", commit('o'));
  });
  const buffer second = list([](path_section_writer& w) {
    w.add("a", entry_kind::directory, 15);
    w.add("a/b", entry_kind::file, 13);
    w.add("a/c", entry_kind::symlink, 14);
    w.add_removed("d/");
    w.add_removed("d/x");
    w.add_submodule("p", commit('p'));
  });
  const auto id = [](char c) { return hex_text(commit(c)).substr(0, 4); };
  const auto none = read({base()});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->size(), 6u);
  const auto got = read({base(), first, second});
  ASSERT_TRUE(got) << got.error().what;
  EXPECT_EQ(*got,
            (std::vector<std::string>{" directory 10", "a/ directory 15", "a/b file 13", "a/c symlink 14",
                                      "n submodule " + id('n'), "o submodule " + id('o'), "p submodule " + id('p')}));
  // Whichever allocation fails, nothing is left.
  for (std::size_t n = 0; n < 100; ++n) {
    const auto failed = read({base(), first, second}, {}, n);
    if (failed) return;
    EXPECT_EQ(failed.error().code, errc::out_of_memory);
  }
  FAIL() << "more than a hundred allocations";
}

TEST(VersionPaths, RefuseWhatIsNoTree) {
  const auto changed = [](auto fill) { return std::vector<buffer>{base(), list(fill)}; };
  expect_error(changed([](path_section_writer& w) { w.add_removed("z"); }), errc::malformed,
               "a path is removed that is not there");
  expect_error(changed([](path_section_writer& w) { w.add_removed("d/"); }), errc::malformed,
               "a path's directory is not there");
  expect_error(changed([](path_section_writer& w) { w.add("e/f", entry_kind::file, 1); }), errc::malformed,
               "an entry name contains '/'");
  expect_error(changed([](path_section_writer& w) { w.add("..", entry_kind::file, 1); }), errc::malformed,
               "an entry is named \"..\"");
  expect_error(changed([](path_section_writer& w) { w.add("b", entry_kind::file, kObjects); }), errc::out_of_range,
               "position past the end of IDX");
  expect_error(changed([](path_section_writer& w) { w.add_removed(""); }), errc::malformed,
               "the first path is not the root directory");
  // A file and a directory of one name, from two lists.
  expect_error(changed([](path_section_writer& w) { w.add("d", entry_kind::file, 1); }), errc::malformed,
               "a path is a file and a directory");
  limits few;
  few.paths = 5;
  expect_error({base()}, errc::too_large, "more paths than the limit", few);
  few.paths = 6;
  expect_error(changed([](path_section_writer& w) { w.add("b", entry_kind::file, 1); }), errc::too_large,
               "more paths than the limit", few);
}

TEST(VersionPaths, RefuseDamagedLists) {
  const buffer good = list([](path_section_writer& w) { w.add("b", entry_kind::file, 1); });
  // A list that is cut anywhere, with the right checksum.
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(read({base(), buffer(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n))})) << n;
  // The path section itself removes nothing.
  expect_error({list([](path_section_writer& w) {
                 w.add("", entry_kind::directory, 0);
                 w.add_removed("a");
               })},
               errc::malformed, "unknown kind of a path");
  // Keys that do not ascend.
  expect_error({base(), list([](path_section_writer& w) {
                  w.add("c", entry_kind::file, 1);
                  w.add("b", entry_kind::file, 1);
                })},
               errc::malformed, "paths out of order");
}

}  // namespace
}  // namespace docteur
