// All versions of an image in one mount.

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/oid_text.hpp"
#include "host/heap.hpp"
#include "mount/mounted_tree.hpp"
#include "reader/attached_image.hpp"
#include "support/guest.hpp"
#include "support/made_image.hpp"
#include "support/mounted_names.hpp"
#include "support/version_source.hpp"

namespace docteur {
namespace {

using file_map = std::map<std::string, std::string>;

// Version `v` has more than a hundred files; each version has its own content of "own" and a folder that others lack.
file_map files_of(int v) {
  file_map files = {{"own", "of " + std::to_string(v)}, {"only" + std::to_string(v) + "/file", "x"}, {"same", "same"}};
  for (int i = 0; i < 100; ++i) files["many/" + std::to_string(i)] = std::to_string(i);
  return files;
}

constexpr int kVersions = 6;

const std::vector<std::byte>& image_of_versions() {
  static const made_image made = [] {
    std::vector<version_files> all = {{"v5", files_of(5)}, {"latest", files_of(5)}};
    for (int v = 0; v < kVersions - 1; ++v) all.emplace_back("v" + std::to_string(v), files_of(v));
    auto source = versions_of(all);
    return made_image(*source);
  }();
  return made.content;
}

struct versions_world {
  // `disk` is for one thread.
  explicit versions_world(std::uint64_t most = std::uint64_t{64} << 20, bool is_for_threads = false)
      : disk(image_of_versions()) {
    EXPECT_TRUE(image.attach(is_for_threads ? memory_device(image_of_versions()) : disk.handle(), heap_memory()));
    auto all = mounted_snapshots::of_versions(image.snapshot(), most);
    if (!all) throw std::runtime_error(all.error().what);
    snapshots = std::move(*all);
    tree.emplace(*snapshots, heap_memory(), tree_owner{1, 2});
  }
  // The number of a path, with references for the folders on the way, as a kernel would take them.
  result<std::uint64_t> walk(const std::string& path) {
    std::uint64_t at = kRootNumber;
    for (std::size_t from = 0; from < path.size();) {
      const std::size_t slash = std::min(path.find('/', from), path.size());
      DOCTEUR_TRY(n, tree->entry(at, path.substr(from, slash - from)));
      tree->hold(at, path.substr(from, slash - from), n);
      at = number_of(n);
      from = slash + 1;
    }
    return at;
  }
  std::string read(const std::string& path) {
    const auto number = walk(path);
    if (!number) return std::string("error: ") + number.error().what;
    std::string text;
    const auto done = tree->read(tree->find(*number), 0, 1 << 20, [&](bytes b) { text = as_text(b); });
    return done ? text : std::string("error: ") + done.error().what;
  }
  std::vector<std::string> names(std::uint64_t folder, std::size_t step = 1000) {
    return names_of(*tree, folder, step);
  }

  copying_device disk;
  attached_image image;
  std::unique_ptr<mounted_snapshots> snapshots;
  std::optional<mounted_tree> tree;
};

TEST(MountedVersions, AreFoldersAndLinks) {
  versions_world w;
  const std::vector<std::string> names = {".", "..", "v5", "latest", "v0", "v1", "v2", "v3", "v4"};
  EXPECT_EQ(w.names(kRootNumber), names);
  for (const std::size_t step : {1u, 2u, 5u}) EXPECT_EQ(w.names(kRootNumber, step), names) << step;
  const auto link = w.tree->entry(kRootNumber, "latest");
  ASSERT_TRUE(link);
  EXPECT_EQ(w.tree->status(*link)->st_mode, S_IFLNK | 0777u);
  EXPECT_EQ(w.tree->status(*link)->st_size, 2);
  EXPECT_EQ(*w.tree->target(*link), "v5");
  EXPECT_EQ(w.tree->entry(kRootNumber, "v6").error().code, errc::not_found);
  EXPECT_EQ(w.tree->entry(kRootNumber, "own").error().code, errc::not_found);
  for (int v = 0; v < kVersions; ++v) {
    const std::string name = "v" + std::to_string(v);
    for (const auto& [path, content] : files_of(v)) ASSERT_EQ(w.read(name + "/" + path), content) << path;
    EXPECT_EQ(w.read(name + "/only" + std::to_string((v + 1) % kVersions) + "/file"), "error: no such path");
    const auto root = w.walk(name);
    ASSERT_TRUE(root);
    EXPECT_EQ(*w.tree->attribute(w.tree->find(*root), "user.docteur.commit"),
              hex_text(w.snapshots->commit(w.tree->find(*root).tree)));
  }
}

TEST(MountedVersions, NoTwoPathsHaveOneInode) {
  versions_world w;
  std::set<std::uint64_t> inodes = {w.tree->inode(w.tree->find(kRootNumber))};
  std::size_t paths = 1;
  const auto visit = [&](auto&& self, std::uint64_t folder) -> void {
    std::vector<std::pair<std::string, mounted_node>> below;
    ASSERT_TRUE(w.tree->list(folder, 0, [&](const mounted_tree::listed& l) {
      if (!l.is_dot) below.emplace_back(l.name, l.what);
      return true;
    }));
    for (const auto& [name, n] : below) {
      inodes.insert(w.tree->inode(n));
      ++paths;
      EXPECT_EQ(w.tree->status(n)->st_ino, w.tree->inode(n));
      EXPECT_EQ(w.tree->find(number_of(n)), n);
      if (!n.is_folder()) continue;
      w.tree->hold(folder, name, n);
      self(self, number_of(n));
    }
  };
  visit(visit, kRootNumber);
  EXPECT_EQ(paths, 2u + kVersions * (1 + 1 + 1 + 1 + 101 + 1));
  EXPECT_EQ(inodes.size(), paths);
}

TEST(MountedVersions, AreAttachedWhenEnteredInBoundedMemory) {
  std::uint64_t one = 0;
  {
    versions_world w;
    for (const version_entry& e : w.snapshots->entries()) {
      const auto n = w.tree->entry(kRootNumber, e.name);
      ASSERT_TRUE(n && w.tree->status(*n));
    }
    EXPECT_EQ(w.snapshots->used(), 0u);
    EXPECT_EQ(w.read("v5/own"), "of 5");  // the image's commit, which is attached anyway
    EXPECT_EQ(w.snapshots->used(), 0u);
    EXPECT_EQ(w.read("v1/own"), "of 1");
    one = w.snapshots->used();
    EXPECT_GT(one, 0u);
    EXPECT_EQ(w.read("v2/own"), "of 2");
    EXPECT_GT(w.snapshots->used(), one);
  }
  for (const std::uint64_t most : {std::uint64_t{0}, one * 2 + one / 2}) {
    versions_world w(most);
    for (int round = 0; round < 3; ++round)
      for (int v = 0; v < kVersions; ++v) {
        ASSERT_EQ(w.read("v" + std::to_string(v) + "/own"), "of " + std::to_string(v));
        ASSERT_LE(w.snapshots->used(), std::max(most, one + one / 2));
      }
    // What the kernel holds of a version that went is good.
    const auto held = w.walk("v0/many/7");
    ASSERT_TRUE(held);
    for (int v = 1; v < kVersions; ++v) EXPECT_EQ(w.read("v" + std::to_string(v) + "/same"), "same");
    std::string text;
    EXPECT_TRUE(w.tree->read(w.tree->find(*held), 0, 10, [&](bytes b) { text = as_text(b); }));
    EXPECT_EQ(text, "7");
  }
}

TEST(MountedVersions, OneThatCannotBeAttachedIsTriedAgain) {
  versions_world w;
  const auto root = w.walk("v3");
  ASSERT_TRUE(root);
  w.disk.fail_at(0);
  EXPECT_FALSE(w.tree->entry(*root, "own"));
  EXPECT_EQ(w.snapshots->used(), 0u);
  w.disk.fail_at(kNever);
  EXPECT_EQ(w.read("v3/own"), "of 3");
}

TEST(MountedVersions, AnImageWithoutNamesHasNone) {
  const made_image one(files_of(0));
  attached_image image;
  ASSERT_TRUE(image.attach(memory_device(one.content), heap_memory()));
  EXPECT_EQ(mounted_snapshots::of_versions(image.snapshot(), 0).error().code, errc::not_found);
}

TEST(MountedVersions, ThreadsEnterThemTogether) {
  versions_world w(1, true);  // each that is entered drives out another
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        const int v = (i * 7 + t) % kVersions;
        const std::string name = "v" + std::to_string(v);
        if (w.read(name + "/own") != "of " + std::to_string(v)) ++wrong;
        if (w.names(*w.walk(name + "/many")).size() != 102) ++wrong;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace docteur
