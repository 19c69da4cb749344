// Files of the cache that are damaged, foreign, cut, or written before the machine failed.
#include "host/cache/cache_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/cache_in_scratch.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kB = kCacheBlock;

class CacheFile : public cache_in_scratch {};

TEST_F(CacheFile, DamageHealsOrFailsButIsNeverServed) {
  slow_device below(5 * kB);
  (void)all_of(*open_good(below));
  overwrite(block_at(below, 2) + 77, "damage");
  below.fails = true;
  const auto cache = open_good(below);
  EXPECT_EQ(read_text(cache->view(), 2 * kB, kB), "");
  EXPECT_EQ(read_text(cache->view(), 2 * kB + 100, 1), "");
  EXPECT_EQ(read_text(cache->view(), 0, 2 * kB), below.part(0, 2 * kB));
  EXPECT_FALSE(block_cache::find(options(), kCachedName)->whole);
  below.fails = false;
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
  EXPECT_TRUE(block_cache::find(options(), kCachedName)->whole);
}

TEST_F(CacheFile, CountsWhatWasHealed) {
  slow_device below(5 * kB);
  (void)all_of(*open_good(below));
  overwrite(block_at(below, 2) + 77, "damage");
  overwrite(cache_header::record_at(4), "damage!!");
  below.reads = 0;
  const auto cache = open_good(below);
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
  EXPECT_EQ(cache->counts().healed, 2u);
  EXPECT_EQ(below.reads, 2u);
  EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
  EXPECT_EQ(below.reads, 2u);
}

// A record says which block it is of.
TEST_F(CacheFile, RecordsOfOtherBlocksAreNotBelieved) {
  slow_device below(4 * kB);
  (void)all_of(*open_good(below));
  const std::string whole = file_content(file());
  overwrite(cache_header::record_at(1), whole.substr(cache_header::record_at(2), kCacheRecordSize));
  overwrite(block_at(below, 1), below.part(2 * kB, kB));
  const auto folder = cache_folder::open(options().folder, false);
  const auto opened = cache_file::open_existing(*folder, file().filename(), boot_);
  EXPECT_EQ((*opened)->records(1, 1).front().state, block_state::doubtful);
}

TEST_F(CacheFile, TruncatedOrForeignFilesAreMadeAnew) {
  slow_device below(3 * kB);
  const auto refill = [&](const char* what) {
    SCOPED_TRACE(what);
    below.reads = 0;
    EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
    EXPECT_EQ(below.reads, 1u);
    below.reads = 0;
    EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
    EXPECT_EQ(below.reads, 0u);
  };
  refill("new");
  const fs::path path = file();
  for (const std::uintmax_t size : {std::uintmax_t{0}, std::uintmax_t{100}, std::uintmax_t{8192},
                                    fs::file_size(path) - 1, fs::file_size(path) + 1}) {
    fs::resize_file(path, size);
    refill("length");
  }
  for (const unsigned at : {0u, 16u, 20u, 24u, 32u, 64u, 66u, 68u, 72u, 4090u}) {
    overwrite(at, "\xff");
    refill("header");
  }
  fs::permissions(path, fs::perms::others_read, fs::perm_options::add);
  refill("permissions");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  folder_.write("elsewhere", "precious");
  fs::remove(path);
  fs::create_symlink(folder_ / "elsewhere", path);
  refill("symbolic link");
  EXPECT_EQ(file_content(folder_ / "elsewhere"), "precious");
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  refill("pipe");
  fs::rename(path, path.parent_path() / "x");
  slow_device other(3 * kB, 9);
  (void)all_of(*open(other, "another"));
  for (const auto& f : fs::directory_iterator(folder_ / "images"))
    if (f.path().extension() == ".blocks") fs::rename(f.path(), path);
  fs::remove(path.parent_path() / "x");
  refill("the file of another image");
}

TEST_F(CacheFile, AFolderInItsPlaceMeansNoKeeping) {
  slow_device below(3 * kB);
  (void)open_good(below);
  const fs::path path = file();
  fs::remove(path);
  fs::create_directory(path);
  const auto cache = open(below);
  EXPECT_NE(cache->trouble(), "");
  EXPECT_EQ(cache->trouble(), "");
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
}

TEST_F(CacheFile, FoldersOfOthersAreRefused) {
  slow_device below(kB);
  fs::create_directory(folder_ / "images");
  fs::permissions(folder_ / "images", fs::perms::all);
  EXPECT_FALSE(block_cache::open(options(), kCachedName, "\"v1\"", below.view()));
  fs::permissions(folder_ / "images", fs::perms::owner_all);
  EXPECT_TRUE(block_cache::open(options(), kCachedName, "\"v1\"", below.view()));
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::chown((folder_ / "images").c_str(), 1234, 1234), 0);
  EXPECT_FALSE(block_cache::open(options(), kCachedName, "\"v1\"", below.view()));
  ASSERT_EQ(::chown((folder_ / "images").c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(file().c_str(), 1234, 1234), 0);
  EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
  struct stat st {};
  ASSERT_EQ(::stat(file().c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, 0u);
}

TEST_F(CacheFile, NoSecretInNamesOrContent) {
  slow_device below(kB);
  const std::string secret = "https://user:s3cret@example.org/a.img?token=s3cret#s3cret";
  ASSERT_TRUE(block_cache::open(options(), secret, "e", below.view()));
  EXPECT_EQ(file().native().find("s3cret"), std::string::npos);
  EXPECT_EQ(file_content(file()).find("s3cret"), std::string::npos);
  EXPECT_NE(file_content(file()).find("https://example.org/a.img"), std::string::npos);
  EXPECT_TRUE(block_cache::find(options(), "https://other@example.org/a.img?token=s3cret#s3cret"));
}

TEST_F(CacheFile, DoubtIsCheckedAfterTheMachineStartsAnew) {
  slow_device below(4 * kB);
  (void)all_of(*open_good(below));  // not synced
  boot_ = "second";
  overwrite(block_at(below, 3), std::string(kB, '\0'));  // never reached the disk
  EXPECT_FALSE(block_cache::find(options(), kCachedName)->whole);
  below.reads = 0;
  EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
  EXPECT_EQ(below.reads, 1u);
  EXPECT_EQ(below.reads_of(0), 1u);
  EXPECT_EQ(below.reads_of(3), 2u);
  EXPECT_TRUE(block_cache::find(options(), kCachedName)->whole);
}

TEST_F(CacheFile, SyncedBlocksAreNotInDoubt) {
  slow_device below(4 * kB);
  const auto cache = open_good(below);
  (void)read_text(cache->view(), 0, 2 * kB);
  cache->sync();
  (void)all_of(*cache);
  const auto folder = cache_folder::open(options().folder, false);
  const auto later = cache_file::open_existing(*folder, file().filename(), "second");
  EXPECT_EQ((*later)->count().kept, 4u);
  EXPECT_EQ((*later)->count().doubtful, 2u);
}

TEST_F(CacheFile, RemovedUnderItsReaderItGoesOn) {
  slow_device below(3 * kB);
  const auto cache = open_good(below);
  (void)read_text(cache->view(), 0, kB);
  fs::remove(file());
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
  EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
}

TEST_F(CacheFile, CutUnderItsReaderItGoesOn) {
  slow_device below(3 * kB);
  const auto cache = open_good(below);
  (void)all_of(*cache);
  fs::resize_file(file(), 5000);
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
}

}  // namespace
}  // namespace docteur
