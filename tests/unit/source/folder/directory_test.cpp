#include "source/folder/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/scratch.hpp"
#include "support/sources.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

struct at_rest : progress {
} quiet;

outcome<std::unique_ptr<commit_source>> open_with_date(const std::string& path) {
  directory_options options;
  options.commit = {{"A B", "a@b"}, commit_time{1602316800, 0}};
  options.threads = 2;
  return open_directory(path, options, quiet);
}

std::string refusal(const std::string& path) {
  const auto source = open_with_date(path);
  return source ? "accepted" : source.error().message;
}

TEST(DirectorySource, CommitIdIsWhatGitComputes) {
  const scratch dir;
  dir.write("w/README.md", "hello\n");
  dir.write("w/.hidden/x", "hidden");
  dir.write("w/a/b", "in a folder a");
  dir.write("w/a.b", "sorts before a/");
  dir.write("w/a-b", "so does this");
  dir.write("w/a0", "and this after");
  dir.write("w/run.sh", "#!/bin/sh\n");
  dir.write("w/same/README.md", "hello\n");
  dir.write("w/empty file", "");
  dir.write("w/new\nline \xff", "odd");
  fs::permissions(dir / "w/run.sh", fs::perms::owner_exec, fs::perm_options::add);
  fs::permissions(dir / "w/a0", fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
  fs::create_symlink("../no/where", dir / "w/link");
  fs::create_directory_symlink("a", dir / "w/dirlink");

  const auto source = open_with_date((dir / "w").string());
  ASSERT_TRUE(source) << source.error().message;
  expect_all_readable(**source);
  const std::string git = dir.run(
      "git init -q --bare g; export GIT_DIR=$PWD/g GIT_WORK_TREE=$PWD/w; git add -A; tree=$(git write-tree); "
      "printf 'tree %s\\nauthor A B <a@b> 1602316800 +0000\\ncommitter A B <a@b> 1602316800 +0000\\n' $tree | "
      "git hash-object -t commit --stdin");
  EXPECT_EQ(hex_text((*source)->commit().id), git);
}

TEST(DirectorySource, CanonicalOrder) {
  const scratch dir;
  dir.write("z", "1");
  dir.write("b/d/f", "2");
  dir.write("b/c", "3");
  dir.write("b/e/same", "1");
  dir.write("b.x", "4");
  dir.write("y/e/same", "1");  // the tree b/e again
  const auto source = open_with_date(dir.path());
  ASSERT_TRUE(source);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < (*source)->objects().size(); ++i) paths.emplace_back((*source)->path(i));
  EXPECT_EQ(paths, (std::vector<std::string>{"", "", "b", "b/d", "b/e", "y", "b.x", "b/c", "b/d/f", "b/e/same"}));
  EXPECT_EQ((*source)->commit().type, object_type::commit);
}

TEST(DirectorySource, EmptyFoldersAreEmptyTrees) {
  const scratch dir;
  fs::create_directory(dir / "nothing");
  const auto source = open_with_date(dir.path());
  ASSERT_TRUE(source);
  ASSERT_EQ((*source)->objects().size(), 3u);
  EXPECT_EQ(hex_text((*source)->objects()[2].id), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

TEST(DirectorySource, DateIsTheNewestFilesOrLinks) {
  const scratch dir;
  dir.write("old", "1");
  dir.write("d/new", "2");
  const auto date = [](const fs::path& p, time_t t) {
    const timespec times[2] = {{0, 0}, {t, 999'999'999}};
    ASSERT_EQ(::utimensat(AT_FDCWD, p.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  };
  date(dir / "old", 1000);
  date(dir / "d/new", 2000);
  date(dir / "d", 9000);  // folders do not count
  const auto commit = [&] {
    std::vector<std::byte> content;
    const auto source = open_directory(dir.path(), {}, quiet);
    EXPECT_TRUE(source && (*source)->read(0, content));
    return std::string(as_text(content));
  };
  EXPECT_NE(commit().find("author docteur <docteur@localhost> 2000 +0000\n"), std::string::npos) << commit();
  fs::create_symlink("x", dir / "l");
  date(dir / "l", 3000);
  EXPECT_NE(commit().find(" 3000 +0000\n"), std::string::npos) << commit();
}

TEST(DirectorySource, NestedRepositoriesLoseTheirGit) {
  const scratch dir;
  dir.write("a/.git/HEAD", "ref: refs/heads/main\n");
  dir.write("a/file", "kept");
  dir.write("b/c/.git", "gitdir: elsewhere\n");
  dir.write("b/c/.gitignore", "kept");
  const auto source = open_with_date(dir.path());
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->notes().left_out, (std::vector<std::string>{"a/.git", "b/c/.git"}));
  EXPECT_EQ((*source)->objects().size(), 6u);  // commit, root, a, b, b/c, one blob
}

TEST(DirectorySource, TheImageItselfIsLeftOut) {
  const scratch dir;
  dir.write("disk.img", "an older image");
  dir.write("file", "x");
  struct stat st {};
  ASSERT_EQ(::stat((dir / "disk.img").c_str(), &st), 0);
  directory_options options;
  options.excluded = {{identity_of(st)}};
  const auto source = open_directory(dir.path(), options, quiet);
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->notes().left_out, std::vector<std::string>{"disk.img"});
  EXPECT_EQ((*source)->objects().size(), 3u);
}

TEST(DirectorySource, RefusesSpecialFilesAndBadNamesByName) {
  const scratch dir;
  dir.write("d/ok", "x");
  ASSERT_EQ(::mkfifo((dir / "d/pi\npe").c_str(), 0600), 0);
  EXPECT_NE(refusal(dir.path()).find("d/pi\\npe: is a FIFO"), std::string::npos) << refusal(dir.path());
  fs::remove(dir / "d/pi\npe");
  dir.write("d/.GIT", "x");
  EXPECT_NE(refusal(dir.path()).find("d/.GIT: a bad name"), std::string::npos) << refusal(dir.path());
  fs::remove(dir / "d/.GIT");
  EXPECT_EQ(refusal(dir.path()), "accepted");
  EXPECT_NE(refusal((dir / "none").string()).find("none: No such file"), std::string::npos);
  EXPECT_NE(refusal((dir / "d/ok").string()).find("ok: Not a directory"), std::string::npos);
}

TEST(DirectorySource, CountsLfsPointers) {
  const scratch dir;
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
  dir.write("big.bin", pointer);
  dir.write("again.bin", pointer);
  dir.write("long", pointer + std::string(1000, '\n'));
  dir.write("other.bin", pointer + "x\n");
  const auto source = open_with_date(dir.path());
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->notes().lfs_pointers, 2u);
}

TEST(DirectorySource, AFileThatChangesIsNoticed) {
  const scratch dir;
  dir.write("a", "one");
  dir.write("b/c", "two");
  dir.write("d", std::string(100'000, 'x'));
  fs::create_symlink("elsewhere", dir / "l");
  const auto source = open_with_date(dir.path());
  ASSERT_TRUE(source);
  const auto says_changed = [&](const std::string& path) {
    for (std::size_t i = 2; i < (*source)->objects().size(); ++i) {
      if ((*source)->path(i) != path) continue;
      std::vector<std::byte> content;
      const auto read = (*source)->read(i, content);
      return !read && read.error().message.find(path + ": changed while it was read") != std::string::npos;
    }
    ADD_FAILURE() << "no object " << path;
    return false;
  };
  EXPECT_FALSE(says_changed("a"));
  dir.write("a", "eno");  // the same size
  EXPECT_TRUE(says_changed("a"));
  EXPECT_FALSE(says_changed("d"));
  fs::resize_file(dir / "d", 50'000);
  EXPECT_TRUE(says_changed("d"));
  // A folder that becomes a link, even to the same content: nothing is followed.
  fs::rename(dir / "b", dir / "moved");
  fs::create_directory_symlink("moved", dir / "b");
  EXPECT_TRUE(says_changed("b/c"));
  fs::remove(dir / "b");
  EXPECT_TRUE(says_changed("b/c"));
  EXPECT_FALSE(says_changed("l"));
  fs::remove(dir / "l");
  dir.write("l", "elsewhere");
  EXPECT_TRUE(says_changed("l"));
}

TEST(DirectorySource, PathsLongerThanPathMax) {
  const scratch dir;
  const std::string name(200, 'n');
  // Such a path is reached step by step only.
  int at = ::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(::mkdirat(at, name.c_str(), 0700), 0);
    const int next = ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(at);
    at = next;
  }
  const int file = ::openat(at, "file", O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(::write(file, "deep", 4), 4);
  ::close(file);
  ASSERT_EQ(::symlinkat("target", at, "link"), 0);
  ::close(at);
  const auto source = open_with_date(dir.path());
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ((*source)->objects().size(), 34u);
  EXPECT_GT((*source)->path(33).size(), 6000u);
  expect_all_readable(**source);
}

}  // namespace
}  // namespace docteur
