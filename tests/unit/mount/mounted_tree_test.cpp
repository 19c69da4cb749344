#include "mount/mounted_tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "host/heap.hpp"
#include "mount/node_number.hpp"
#include "reader/attached_image.hpp"
#include "support/mounted_names.hpp"
#include "support/small_world.hpp"

namespace docteur {
namespace {

// A device whose reads fail on demand, from any thread.
class failing_device {
 public:
  explicit failing_device(buffer data) : data_(std::move(data)) {}
  [[nodiscard]] device handle() noexcept { return {this, data_.size(), read, nullptr}; }
  std::atomic<bool> fails{false};

 private:
  static result<done> read(void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    auto& d = *static_cast<failing_device*>(self);
    if (d.fails) return fail(errc::unavailable, offset, "fails for now");
    std::memcpy(out.data(), d.data_.data() + offset, out.size());
    return done{};
  }
  buffer data_;
};

class world {
 public:
  explicit world(const buffer& raw, const limits& bounds = {}) : disk(raw) {
    const auto attached = image.attach(disk.handle(), heap_memory(), {bounds});
    if (!attached) throw std::runtime_error(attached.error().what);
    snapshots.emplace(image.snapshot());
    tree.emplace(*snapshots, heap_memory(), tree_owner{1000, 1001});
  }
  // The number of a path, with references for the folders on the way, as a kernel would take them.
  std::uint64_t walk(const std::string& path) {
    std::uint64_t at = kRootNumber;
    for (std::size_t from = 0; from < path.size();) {
      const std::size_t slash = std::min(path.find('/', from), path.size());
      const std::string name = path.substr(from, slash - from);
      const auto n = tree->entry(at, name);
      if (!n) throw std::runtime_error(path + ": " + n.error().what);
      tree->hold(at, name, *n);
      at = number_of(*n);
      from = slash + 1;
    }
    return at;
  }
  std::string read(const std::string& path, std::uint64_t at = 0, std::size_t size = 1 << 20) {
    std::string text;
    const auto read = tree->read(tree->find(walk(path)), at, size, [&](bytes b) { text = as_text(b); });
    return read ? text : std::string("error: ") + read.error().what;
  }
  std::vector<std::string> names(std::uint64_t folder, std::size_t step) { return names_of(*tree, folder, step); }

  failing_device disk;
  attached_image image;
  std::optional<mounted_snapshots> snapshots;
  std::optional<mounted_tree> tree;
};

buffer small_image() {
  small_world w;
  return w.maker.image(w.commit);
}

// An image with one file.
buffer one_file(std::string_view content, image_maker::form how = image_maker::form::deflated,
                std::uint32_t interval = 0) {
  image_maker m;
  tree_text root;
  root.add("100644", "file", m.add(object_type::blob, content, how, interval));
  return m.image(m.add(object_type::commit, commit_text(m.add_tree(root))));
}

TEST(MountedTree, HasTheFilesOfTheCommit) {
  small_world w;
  world of(w.maker.image(w.commit));
  for (const auto& [path, content] : w.files) EXPECT_EQ(of.read(path), content) << path;
  EXPECT_EQ(of.read("a/file", 3, 100), "a\n");
  EXPECT_EQ(of.read("a/file", 100, 100), "");
  EXPECT_EQ(of.read("a/file", 1, 2), "n ");
  EXPECT_EQ(*of.tree->target(of.tree->find(of.walk("a/up"))), "../top");
  EXPECT_FALSE(of.tree->target(of.tree->find(of.walk("empty-link"))));
  EXPECT_EQ(of.tree->entry(kRootNumber, "absent").error().code, errc::not_found);
}

// More than fits in memory: what was built for a read in its middle is read again without the image.
TEST(MountedTree, PartsOfLargeFilesAreBuiltOnce) {
  constexpr std::size_t kFiles = 5, kSize = 5'000'000;
  image_maker m;
  tree_text root;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < kFiles; ++i) {
    texts.push_back(prose(kSize, static_cast<unsigned>(i)));
    root.add("100644", "file" + std::to_string(i), m.add_blob(texts.back()));
  }
  world of(m.image(m.add(object_type::commit, commit_text(m.add_tree(root)))));
  const auto check = [&](std::size_t file, std::uint64_t at) {
    EXPECT_EQ(of.read("file" + std::to_string(file), at, 4096), texts[file].substr(at, 4096)) << file << " " << at;
  };
  for (std::size_t i = 0; i < kFiles; ++i) check(i, 1'000'000);
  of.disk.fails = true;
  for (std::size_t n = 0; n < 200; ++n) check(n % kFiles, n * 1'999'993 % kSize);
}

// No memory is taken for what a delta promises over the limit.
TEST(MountedTree, ADeltaOverTheLimitIsRefused) {
  image_maker m;
  const oid base = m.add_blob("base");
  const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes("other"));
  m.add_ofs_delta(id, base, delta_text(4, limits{}.object_bytes + 1).insert("x").view());
  tree_text root;
  root.add("100644", "file", id);
  world of(m.image(m.add(object_type::commit, commit_text(m.add_tree(root)))));
  for (const std::uint64_t at : {0u, 1u, 100'000u}) {
    const auto read = of.tree->read(of.tree->find(of.walk("file")), at, 4096, [](bytes) { FAIL(); });
    EXPECT_EQ(read.error().code, errc::too_large) << at;
  }
}

TEST(MountedTree, StatusIsGits) {
  world of(small_image());
  const auto status = [&](const char* path) { return *of.tree->status(of.tree->find(of.walk(path))); };
  EXPECT_EQ(status("top").st_mode, S_IFREG | 0644u);
  EXPECT_EQ(status("run").st_mode, S_IFREG | 0755u);
  EXPECT_EQ(status("link").st_mode, S_IFLNK | 0777u);
  EXPECT_EQ(status("module").st_mode, S_IFDIR | 0755u);
  EXPECT_EQ(status("").st_mode, S_IFDIR | 0755u);
  EXPECT_EQ(status("top").st_size, 7);
  EXPECT_EQ(status("top").st_mtim.tv_sec, 1600000001);
  EXPECT_EQ(status("top").st_uid, 1000u);
  EXPECT_EQ(status("top").st_gid, 1001u);
  EXPECT_EQ(status("top").st_nlink, 1u);
  EXPECT_NE(status("top").st_ino, status("run").st_ino);
}

TEST(MountedTree, ListsInAnySteps) {
  world of(small_image());
  const auto all = of.names(kRootNumber, 1000);
  ASSERT_EQ(all.size(), 25u);
  EXPECT_EQ(all[0], ".");
  EXPECT_EQ(all[1], "..");
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  for (const std::size_t step : {1u, 2u, 3u, 7u}) EXPECT_EQ(of.names(kRootNumber, step), all) << step;
  EXPECT_EQ(of.names(of.walk("module"), 1), (std::vector<std::string>{".", ".."}));
  EXPECT_EQ(of.names(of.walk("empty"), 5), (std::vector<std::string>{".", ".."}));
  EXPECT_EQ(of.names(of.walk("top"), 5), std::vector<std::string>{"not a folder"});
}

// The places of listings are forgotten after a while; then the listing begins anew and skips.
TEST(MountedTree, ListsWhenItsPlacesAreForgotten) {
  image_maker m;
  tree_text root;
  const oid blob = m.add_blob("x");
  for (int i = 0; i < 900; ++i) root.add("100644", "f" + std::to_string(1000 + i), blob);
  world of(m.image(m.add(object_type::commit, commit_text(m.add_tree(root)))));
  const auto all = of.names(kRootNumber, 10'000);
  ASSERT_EQ(all.size(), 902u);
  ASSERT_EQ(of.names(kRootNumber, 1), all);  // leaves more places than are kept
  std::string at;
  ASSERT_TRUE(of.tree->list(kRootNumber, 200, [&](const mounted_tree::listed& l) { return at = l.name, false; }));
  EXPECT_EQ(at, all[200]);
}

TEST(MountedTree, CountsTheFoldersThatTheKernelHolds) {
  world of(small_image());
  EXPECT_EQ(of.tree->held_folders(), 1u);
  const std::uint64_t a = of.walk("a");
  EXPECT_EQ(of.walk("a"), a);
  of.walk("top");
  EXPECT_EQ(of.tree->held_folders(), 2u);
  of.tree->release(a, 1);
  EXPECT_TRUE(of.tree->entry(a, "file"));
  of.tree->release(a, 1);
  EXPECT_EQ(of.tree->held_folders(), 1u);
  EXPECT_FALSE(of.tree->entry(a, "file"));
  of.tree->release(a, 5);
  of.tree->release(kRootNumber, 5);
  EXPECT_TRUE(of.tree->entry(kRootNumber, "a"));
}

TEST(MountedTree, AttributesAreIds) {
  small_world w;
  world of(w.maker.image(w.commit));
  const auto value = [&](const char* path, const char* name) {
    const auto v = of.tree->attribute(of.tree->find(of.walk(path)), name);
    return v ? *v : std::string(v.error().what);
  };
  EXPECT_EQ(value("", "user.docteur.commit"), hex(w.commit));
  EXPECT_EQ(value("top", "user.docteur.oid"), hex(object_id(hash_kind::sha1, object_type::blob, as_bytes("on top\n"))));
  EXPECT_EQ(value("module", "user.docteur.oid"), hex(w.submodule));
  EXPECT_EQ(value("top", "user.docteur.commit"), "no such attribute");
  EXPECT_EQ(value("link", "user.docteur.oid"), "no such attribute");
  EXPECT_EQ(of.tree->attribute_names(of.tree->find(of.walk("top"))), std::string("user.docteur.oid\0", 17));
}

TEST(MountedTree, ReadsAgainWhatFailed) {
  const std::string text = noise(300'000, 1), large = prose(9 << 20, 2);
  for (const std::string& content : {text, large}) {
    world of(one_file(content, image_maker::form::restartable, 1 << 20));
    const std::uint64_t file = of.walk("file");
    of.disk.fails = true;
    EXPECT_EQ(of.read("file", 100'000, 1000), "error: fails for now");
    EXPECT_EQ(of.tree->read(of.tree->find(file), 0, 1000, [](bytes) { FAIL(); }).error().code, errc::unavailable);
    of.disk.fails = false;
    EXPECT_EQ(of.read("file", 100'000, 1000), content.substr(100'000, 1000));
    of.disk.fails = true;
    (void)of.read("file", content.size() - 1000, 1000);  // held already, or not
    of.disk.fails = false;
    EXPECT_EQ(of.read("file", content.size() - 1000, 5000), content.substr(content.size() - 1000));
  }
}

TEST(MountedTree, NeverReturnsContentThatDoesNotMatchItsId) {
  image_maker m;
  const std::string content = prose(300'000, 3);
  const oid wrong = object_id(hash_kind::sha1, object_type::blob, as_bytes("another"));
  m.add_entry(wrong, {entry_type::blob, 0, content.size(), 0, {}}, deflated(as_bytes(content)));
  tree_text root;
  root.add("100644", "file", wrong);
  world of(m.image(m.add(object_type::commit, commit_text(m.add_tree(root)))));
  EXPECT_EQ(of.read("file"), "error: content does not match its id");
  EXPECT_EQ(of.read("file", 1000, 10), "error: content does not match its id");
}

// Many threads read ranges of a streamed blob, of one that is held whole, and of small ones.
TEST(MountedTree, ThreadsReadTheSame) {
  image_maker m;
  std::map<std::string, std::string> files = {{"held", prose(1 << 20, 5)},
                                              {"large", prose(12 << 20, 6)},
                                              {"small", prose(1000, 7)},
                                              {"stored", noise(9 << 20, 8)}};
  tree_text root;
  for (const auto& [name, content] : files) {
    const auto how = name == "large"    ? image_maker::form::restartable
                     : name == "stored" ? image_maker::form::stored
                                        : image_maker::form::deflated;
    root.add("100644", name, m.add(object_type::blob, content, how, 1 << 20));
  }
  world of(m.image(m.add(object_type::commit, commit_text(m.add_tree(root)))));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 6; ++seed)
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 60; ++i)
        for (const auto& [name, content] : files) {
          const std::size_t at = random() % content.size(), size = random() % 200'000;
          if (of.read(name, at, size) != content.substr(at, size)) ++wrong;
          if (of.names(kRootNumber, 1 + random() % 4).size() != files.size() + 2) ++wrong;
        }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace docteur
