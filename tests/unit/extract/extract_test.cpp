// What docteur-extract writes with, on images that no writer would write and folders that are not what they seem.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/beneath.hpp"
#include "builder/path_section_writer.hpp"
#include "extract/folder_writer.hpp"
#include "extract/git_repository.hpp"
#include "extract/target_folder.hpp"
#include "extract/tree_files.hpp"
#include "host/heap.hpp"
#include "support/attached.hpp"
#include "support/opened.hpp"
#include "support/scratch.hpp"

using namespace docteur;
namespace fs = std::filesystem;

namespace {

// Extracts into s / "out" as the command does; the failure's text, or nothing.
std::string extract(const buffer& raw, const scratch& s, const tree_files_options& how = {}) {
  const auto from = attach(memory_device(raw), heap_memory(), {}, paths_from::trees);
  if (!from) return from.error().what;
  auto target = target_folder::create(s / "out");
  if (!target) return target.error().message;
  progress quiet;
  const auto written = write_tree_files((*from)->snapshot(), (*target)->staging(), how, "test.img", "out", quiet);
  if (!written) return written.error().message;
  const auto published = (*target)->publish(how.modified);
  return published ? "" : published.error().message;
}

struct one_file {
  image_maker maker;
  oid commit;
  explicit one_file(std::string_view name = "file", std::string_view mode = "100644",
                    std::string_view content = "text") {
    const oid blob = maker.add_blob(content);
    const oid tree = maker.add_tree(tree_text().add(mode, name, blob));
    commit = maker.add(object_type::commit, commit_text(tree));
  }
  [[nodiscard]] buffer image() const { return maker.image(commit); }
};

}  // namespace

TEST(Extract, ModesLinksAndEmptyFolders) {
  image_maker m;
  const oid blob = m.add_blob("text");
  const oid link = m.add_blob("../../etc/passwd");
  const oid empty = m.add_tree(tree_text());
  const oid tree = m.add_tree(tree_text()
                                  .add("100644", "file", blob)
                                  .add("120000", "link", link)
                                  .add("40000", "nothing", empty)
                                  .add("160000", "other", blob)
                                  .add("100755", "run", blob));
  const oid commit = m.add(object_type::commit, commit_text(tree));
  const scratch s;
  const timespec when{1600000001, 0};
  ASSERT_EQ(extract(m.image(commit), s, {.path = {}, .modified = when, .threads = 2}), "");
  EXPECT_EQ(file_content(s / "out/file"), "text");
  EXPECT_EQ(fs::read_symlink(s / "out/link"), "../../etc/passwd");
  EXPECT_TRUE(fs::is_empty(s / "out/nothing"));
  EXPECT_TRUE(fs::is_empty(s / "out/other"));
  EXPECT_EQ(fs::status(s / "out/run").permissions() & fs::perms::owner_exec, fs::perms::owner_exec);
  EXPECT_EQ(fs::status(s / "out/file").permissions() & fs::perms::owner_exec, fs::perms::none);
  for (const char* path : {"out", "out/file", "out/link", "out/nothing", "out/run"}) {
    struct stat st {};
    ASSERT_EQ(::lstat((s / path).c_str(), &st), 0) << path;
    EXPECT_EQ(st.st_mtim.tv_sec, when.tv_sec) << path;
  }
  EXPECT_EQ(s.count(), 1u) << "the staging folder is gone";
}

TEST(Extract, NamesThatLeadOutAreRefusedByTheReader) {
  for (const char* name : {"..", ".", "a/b", ".git", ".GIT", "git~1", ""}) {
    const scratch s;
    EXPECT_NE(extract(one_file(name).image(), s), "") << name;
    EXPECT_EQ(s.count(), 0u) << name;
  }
}

TEST(Extract, ALinkAndAFolderOfOneName) {
  image_maker m;
  const oid link = m.add_blob("/tmp");
  const oid inner = m.add_tree(tree_text().add("100644", "x", link));
  for (const bool link_first : {true, false}) {
    tree_text t;
    if (link_first) t.add("120000", "a", link);
    t.add("40000", "a", inner);
    if (!link_first) t.add("120000", "a", link);
    const oid tree = m.add_tree(t);
    const oid commit = m.add(object_type::commit, commit_text(tree));
    const scratch s;
    EXPECT_NE(extract(m.image(commit), s), "");
    EXPECT_EQ(s.count(), 0u);
  }
}

TEST(Extract, ContentThatIsNotWhatItsIdSays) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{9} << 20}) {  // the second is streamed
    image_maker m;
    const oid right = object_id(hash_kind::sha1, object_type::blob, as_bytes(std::string(size, 'r')));
    const std::string wrong(size, 'w');
    m.name(right, m.next_offset());
    entry_header h{};
    h.type = entry_type::blob;
    h.size = size;
    m.entries().pop_back();
    m.add_entry(right, h, deflated(as_bytes(wrong)));
    const oid tree = m.add_tree(tree_text().add("100644", "file", right));
    const oid commit = m.add(object_type::commit, commit_text(tree));
    const scratch s;
    EXPECT_NE(extract(m.image(commit), s).find("content does not match its id"), std::string::npos) << size;
    EXPECT_EQ(s.count(), 0u) << size;
  }
}

TEST(Extract, APathSectionThatLiesHasNoSay) {
  one_file made("good");
  image_maker m = made.maker.commit_first(made.commit);
  const oid id = object_id(hash_kind::sha1, object_type::blob, as_bytes("text"));
  path_section_writer paths(3);
  std::vector<oid> ids;
  for (const idx_entry& e : m.entries()) ids.push_back(e.id);
  std::ranges::sort(ids);
  const auto position = [&](const oid& of) {
    return static_cast<std::uint32_t>(std::ranges::find(ids, of) - ids.begin());
  };
  paths.add(
      "", entry_kind::directory,
      position(object_id(hash_kind::sha1, object_type::tree, as_bytes(tree_text().add("100644", "good", id).text()))));
  paths.add("evil", entry_kind::executable, position(id));
  m.set_path_section(paths.finish());
  const buffer raw = m.image(made.commit);
  ASSERT_TRUE((*attach(memory_device(raw), heap_memory()))->snapshot().find("evil")) << "the reader believes it";
  const scratch s;
  ASSERT_EQ(extract(raw, s), "");
  EXPECT_TRUE(fs::exists(s / "out/good"));
  EXPECT_FALSE(fs::exists(s / "out/evil"));
}

TEST(Extract, LinksThatNoFileSystemHolds) {
  for (const std::string& target : {std::string(), std::string("a\0b", 3), std::string(4096, 'a')}) {
    const scratch s;
    EXPECT_NE(extract(one_file("link", "120000", target).image(), s).find("link: a symbolic link"), std::string::npos);
    EXPECT_EQ(s.count(), 0u);
  }
}

TEST(Extract, APartAndWhatIsNoFolder) {
  image_maker m;
  const oid blob = m.add_blob("text");
  const oid inner = m.add_tree(tree_text().add("100644", "x", blob));
  const oid tree = m.add_tree(tree_text().add("100644", "b", blob).add("40000", "d", inner));
  const oid commit = m.add(object_type::commit, commit_text(tree));
  const buffer raw = m.image(commit);
  const scratch s;
  ASSERT_EQ(extract(raw, s, {.path = "/d/", .modified = {}, .threads = 1}), "");
  EXPECT_TRUE(fs::exists(s / "out/x"));
  EXPECT_FALSE(fs::exists(s / "out/b"));
  const scratch other;
  EXPECT_EQ(extract(raw, other, {.path = "b", .modified = {}, .threads = 1}), "test.img: b: not a directory");
  EXPECT_EQ(extract(raw, other, {.path = "n", .modified = {}, .threads = 1}), "test.img: n: no such path");
  EXPECT_EQ(other.count(), 0u);
}

// Deeper than PATH_MAX and than the process may have descriptors; and gone again when it was not wanted.
TEST(Extract, FoldersInOneAnother) {
  constexpr int kDeep = 650;
  image_maker m;
  const oid blob = m.add_blob("text");
  oid tree = m.add_tree(tree_text().add("100644", "leaf", blob).add("100755", "run", blob));
  for (int i = 0; i < kDeep; ++i)
    tree = m.add_tree(tree_text().add("100644", "another", blob).add("40000", "folder", tree));
  const oid commit = m.add(object_type::commit, commit_text(tree));
  const buffer raw = m.image(commit);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit few{std::min<rlim_t>(usual.rlim_cur, 256), usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);

  const scratch s;
  const auto from = attach(memory_device(raw), heap_memory(), {}, paths_from::trees);
  ASSERT_TRUE(from);
  {
    auto target = target_folder::create(s / "out");
    ASSERT_TRUE(target);
    progress quiet;
    const auto written = write_tree_files((*from)->snapshot(), (*target)->staging(), {}, "test.img", "out", quiet);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->folders, static_cast<std::uint64_t>(kDeep));
    std::string path;
    for (int i = 0; i < kDeep; ++i) path += "folder/";
    EXPECT_TRUE(open_beneath((*target)->staging(), path + "leaf", O_RDONLY));
  }
  EXPECT_EQ(s.count(), 0u);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
}

TEST(FolderWriter, FollowsNoLink) {
  const scratch s;
  fs::create_directories(s / "outside");
  fs::create_directories(s / "root/real");
  fs::create_directory_symlink(s / "outside", s / "root/folder");
  fs::create_symlink(s / "outside/file", s / "root/file");
  fs::create_symlink(s / "outside/file", s / "root/real/file");
  const unique_fd root(::open((s / "root").c_str(), O_RDONLY | O_DIRECTORY));
  folder_writer out(root.get(), "root");
  EXPECT_FALSE(out.make_file("folder/x", 0666));
  EXPECT_FALSE(out.make_folder("folder/x"));
  EXPECT_FALSE(out.make_link("folder/x", "y", std::nullopt));
  EXPECT_FALSE(out.make_file("file", 0666));
  EXPECT_FALSE(out.make_file("real/file", 0666));
  EXPECT_FALSE(out.make_folder("folder"));
  EXPECT_FALSE(out.make_link("file", "y", std::nullopt));
  EXPECT_TRUE(fs::is_empty(s / "outside"));
  EXPECT_TRUE(out.make_file("real/x", 0666));
}

TEST(TargetFolder, NothingOrAnEmptyFolder) {
  const scratch s;
  s.write("file", "x");
  s.write("full/x", "x");
  fs::create_directories(s / "empty");
  fs::create_directory_symlink("empty", s / "link");
  fs::create_symlink("nowhere", s / "dangling");
  const auto blamed = [&](const char* name) {
    const auto t = target_folder::create(s / name);
    return t ? ""
             : (t.error().who == blame::usage ? "usage: " : "environment: ") +
                   t.error().message.substr(s.path().size());
  };
  EXPECT_EQ(blamed("file"), "usage: /file: exists and is not a folder; name a new folder, or an empty one");
  EXPECT_EQ(blamed("full"), "usage: /full: is not empty; name a new folder, or an empty one");
  EXPECT_EQ(blamed("dangling"), "usage: /dangling: is a symbolic link to nothing; name a new folder, or an empty one");
  EXPECT_EQ(blamed("none/out"), "environment: /none/out: No such file or directory");
  for (const char* name : {"empty", "link", "new", "slash/"}) {
    auto t = target_folder::create(s / name);
    ASSERT_TRUE(t) << t.error().message;
    const unique_fd file(::openat((*t)->staging(), "x", O_WRONLY | O_CREAT, 0666));
    const std::size_t staged = s.count();
    if (std::string(name) == "link") continue;  // thrown away
    ASSERT_TRUE((*t)->publish(timespec{1000, 0}));
    t->reset();
    EXPECT_EQ(s.count(), staged);
    EXPECT_TRUE(fs::exists(s / name / "x")) << name;
    struct stat st {};
    ASSERT_EQ(::stat((s / name).c_str(), &st), 0);
    EXPECT_EQ(st.st_mtim.tv_sec, 1000) << name;
    if (std::string(name) == "empty") fs::remove(s / "empty/x");
  }
  EXPECT_TRUE(fs::is_empty(s / "empty"));
}

TEST(TargetFolder, WhatSomebodyPutThereMeanwhileStays) {
  const scratch s;
  fs::create_directories(s / "out");
  {
    auto t = target_folder::create(s / "out");
    ASSERT_TRUE(t);
    for (const char* name : {"a", "b", "c"}) unique_fd(::openat((*t)->staging(), name, O_WRONLY | O_CREAT, 0666));
    s.write("out/b", "theirs");
    EXPECT_FALSE((*t)->publish(std::nullopt));
  }
  EXPECT_EQ(file_content(s / "out/b"), "theirs");
  EXPECT_EQ(std::distance(fs::directory_iterator(s / "out"), {}), 1) << "and nothing of ours is";
}

TEST(GitRepository, BranchNames) {
  for (const char* good : {"main", "a/b", "wip-1"}) EXPECT_TRUE(check_branch_name(good)) << good;
  for (const char* bad : {"", "-x", "HEAD", "a..b", "a b", "a/", "/a", "x.lock", "a\nb"})
    EXPECT_FALSE(check_branch_name(bad)) << bad;
}
