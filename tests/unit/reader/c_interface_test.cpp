#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "support/c_world.hpp"

using namespace docteur;

namespace {

std::string piece_of(docteur_file* file, std::uint64_t offset, std::size_t size) {
  std::string out(size, '\0');
  std::size_t got = 0;
  docteur_error error{};
  EXPECT_EQ(docteur_pread(file, out.data(), size, offset, &got, &error), DOCTEUR_OK) << error.what;
  out.resize(got);
  return out;
}

// "delta" is a delta of "base"; both are text of a little over 200,000 bytes.
buffer two_files(std::string& delta) {
  image_maker m;
  const std::string base = prose(200'000, 1);
  delta = base + "and a line";
  const oid base_id = m.add_blob(base);
  const oid delta_id = object_id(hash_kind::sha1, object_type::blob, as_bytes(delta));
  const auto size = static_cast<std::uint32_t>(base.size());
  m.add_ofs_delta(delta_id, base_id, delta_text(base.size(), delta.size()).copy(0, size).insert("and a line").view());
  const oid root = m.add_tree(tree_text().add("100644", "base", base_id).add("100644", "delta", delta_id));
  return m.image(m.add(object_type::commit, commit_text(root)));
}

}  // namespace

TEST(CInterface, VersionIsTheProjects) {
  EXPECT_EQ(docteur_version(), std::uint32_t{DOCTEUR_VERSION_NUMBER});
  char text[32];
  std::snprintf(text, sizeof text, "%u.%u.%u", docteur_version() >> 16, docteur_version() >> 8 & 255,
                docteur_version() & 255);
  EXPECT_STREQ(text, DOCTEUR_VERSION);
}

TEST(CInterface, PreadIsAsOfAFile) {
  std::string delta;
  c_world w(two_files(delta));
  docteur_file* const file = w.open_file("delta");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(docteur_file_size(file), delta.size());
  EXPECT_EQ(piece_of(file, 0, 10), delta.substr(0, 10));
  EXPECT_EQ(piece_of(file, 150'000, 1'000), delta.substr(150'000, 1'000));
  EXPECT_EQ(piece_of(file, 7, 20), delta.substr(7, 20));
  EXPECT_EQ(piece_of(file, delta.size() - 5, 100), delta.substr(delta.size() - 5));
  EXPECT_EQ(piece_of(file, delta.size(), 100), "");
  EXPECT_EQ(piece_of(file, ~std::uint64_t{0}, 100), "");
  EXPECT_EQ(piece_of(file, 3, 0), "");
  docteur_close(file);
  docteur_close(nullptr);
}

TEST(CInterface, ADeltaIsBuiltOnceForAllItsParts) {
  std::string delta;
  c_world w(two_files(delta));
  docteur_file* const file = w.open_file("delta");
  ASSERT_NE(file, nullptr);
  std::string all = piece_of(file, 0, 1'000);
  const std::size_t before = w.copied;
  while (all.size() < delta.size()) all += piece_of(file, all.size(), 1'000);
  EXPECT_EQ(w.copied, before);
  EXPECT_TRUE(all == delta);
  docteur_close(file);
}

TEST(CInterface, AFailureForNowIsToldFromOneForEver) {
  std::string delta;
  c_world w(two_files(delta));
  docteur_node node{};
  ASSERT_EQ(docteur_find(w.image, "delta", 5, &node), DOCTEUR_OK);
  docteur_file* file = nullptr;
  docteur_error error{};
  w.away = true;
  EXPECT_EQ(docteur_open(w.image, node, &file, &error), DOCTEUR_UNAVAILABLE);
  w.away = false;
  ASSERT_EQ(docteur_open(w.image, node, &file, &error), DOCTEUR_OK) << error.what;
  EXPECT_EQ(piece_of(file, 150'000, 1'000), delta.substr(150'000, 1'000));
  docteur_close(file);
  c_world broken(two_files(delta));
  broken.raw.resize(100);  // every read from here on runs past the end of the device
  EXPECT_EQ(docteur_open(broken.image, node, &file, &error), DOCTEUR_IO);
}

TEST(CInterface, ListsGoOnAndNodesHaveInodes) {
  std::string delta;
  c_world w(two_files(delta));
  docteur_list* list = nullptr;
  docteur_error error{};
  ASSERT_EQ(docteur_list_open(w.image, "", 0, "base", 4, &list, &error), DOCTEUR_OK) << error.what;
  const char* name = nullptr;
  std::size_t size = 0;
  docteur_node node{}, found{}, other{};
  ASSERT_EQ(docteur_list_next(list, &name, &size, &node), 1);
  EXPECT_EQ(std::string_view(name, size), "delta");
  ASSERT_EQ(docteur_find(w.image, "delta", 5, &found), DOCTEUR_OK);
  ASSERT_EQ(docteur_find(w.image, "base", 4, &other), DOCTEUR_OK);
  EXPECT_EQ(node.inode, found.inode);
  EXPECT_NE(node.inode, 0u);
  EXPECT_NE(node.inode, other.inode);
  EXPECT_EQ(docteur_list_next(list, &name, &size, &node), 0);
  docteur_list_close(list);
  EXPECT_EQ(docteur_list_open(w.image, "", 0, "none", 4, &list, &error), DOCTEUR_NOT_FOUND);
}

TEST(CInterface, FoldersAreNotOpened) {
  std::string delta;
  c_world w(two_files(delta));
  docteur_node node{};
  ASSERT_EQ(docteur_find(w.image, "", 0, &node), DOCTEUR_OK);
  docteur_file* file = nullptr;
  docteur_error error{};
  EXPECT_EQ(docteur_open(w.image, node, &file, &error), DOCTEUR_WRONG_KIND);
  EXPECT_EQ(file, nullptr);
}
