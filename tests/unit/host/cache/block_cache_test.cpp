#include "host/cache/block_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <thread>

#include "support/cache_in_scratch.hpp"

namespace docteur {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kB = kCacheBlock;

class BlockCache : public cache_in_scratch {};

TEST_F(BlockCache, ReadsWhatIsBelowOnceAndAsOne) {
  slow_device below(9 * kB + 100);
  const auto cache = open_good(below);
  EXPECT_EQ(read_text(cache->view(), 3 * kB + 5, 4 * kB), below.part(3 * kB + 5, 4 * kB));
  EXPECT_EQ(below.reads, 1u);
  EXPECT_EQ(below.most, 5 * kB);
  EXPECT_EQ(read_text(cache->view(), 3 * kB, 5 * kB), below.part(3 * kB, 5 * kB));
  EXPECT_EQ(below.reads, 1u);
  // 0 to 2 as one, 8 and 9 as one.
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
  EXPECT_EQ(below.reads, 3u);
  EXPECT_EQ(cache->counts().fetched, 10u);
  EXPECT_EQ(cache->counts().dropped, 0u);
}

TEST_F(BlockCache, LargeReadsAreBounded) {
  slow_device below(150 * kB);
  const auto cache = open_good(below);
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
  EXPECT_EQ(below.most, 64 * kB);
  EXPECT_EQ(below.reads, 3u);
}

TEST_F(BlockCache, AnyRangeIsTheSameColdAndWarm) {
  for (const std::size_t size : {std::size_t{1}, kB - 1, kB, kB + 1, 7 * kB + 4321}) {
    slow_device below(size, static_cast<unsigned>(size));
    std::minstd_rand random(7);
    for (int round = 0; round < 3; ++round) {
      const auto cache = open(below, std::to_string(size));
      for (int i = 0; i < 200; ++i) {
        const std::size_t at = random() % size;
        const std::size_t n = 1 + random() % (size - at);
        ASSERT_EQ(read_text(cache->view(), at, n), below.part(at, n)) << size << " " << at << " " << n;
      }
      EXPECT_EQ(all_of(*cache), as_text(below.content()));
    }
    for (std::uint64_t b = 0; b < size / kB; ++b) EXPECT_EQ(below.reads_of(b), 1u);
  }
}

TEST_F(BlockCache, WholeServesWithoutTheDevice) {
  slow_device below(5 * kB + 1);
  EXPECT_FALSE(block_cache::find(options(), kCachedName));
  (void)read_text(open_good(below)->view(), 0, 5 * kB);
  ASSERT_TRUE(block_cache::find(options(), kCachedName));
  EXPECT_FALSE(block_cache::find(options(), kCachedName)->whole);
  (void)all_of(*open_good(below));
  const auto found = block_cache::find(options(), kCachedName);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->whole);
  EXPECT_EQ(found->identity, "\"v1\"");
  EXPECT_EQ(found->size, below.content().size());
  below.fails = true;
  below.reads = 0;
  EXPECT_EQ(all_of(*open_good(below)), as_text(below.content()));
  EXPECT_EQ(below.reads, 0u);
}

TEST_F(BlockCache, ErrorsPassAndAreNotKept) {
  slow_device below(6 * kB);
  const auto cache = open_good(below);
  EXPECT_EQ(read_text(cache->view(), kB, kB), below.part(kB, kB));
  below.fails = true;
  std::vector<std::byte> out(6 * kB);
  EXPECT_EQ(read_exactly(cache->view(), 0, out).error().code, errc::unavailable);
  EXPECT_EQ(read_text(cache->view(), kB + 10, 100), below.part(kB + 10, 100));
  below.fails = false;
  below.fails_at = 4 * kB + 7;
  const auto broken = read_exactly(cache->view(), 0, out);
  EXPECT_EQ(broken.error().code, errc::io);
  EXPECT_EQ(broken.error().at, 4 * kB + 7);
  below.fails_at = ~0ull;
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
}

TEST_F(BlockCache, OtherIdentitiesAreOtherImages) {
  slow_device one(3 * kB, 1);
  slow_device two(3 * kB, 2);
  (void)all_of(*open(one, "1"));
  EXPECT_EQ(all_of(*open(two, "2")), as_text(two.content()));
  EXPECT_EQ(block_cache::find(options(), kCachedName)->identity, "2");
  EXPECT_EQ(all_of(*open(one, "1")), as_text(one.content()));
  EXPECT_EQ(block_cache::find(options(), kCachedName)->identity, "1");
  EXPECT_EQ(one.reads, 1u);
}

// The order of use is a counter, not a time: files whose times are in the future or long ago change nothing.
TEST_F(BlockCache, ClocksDoNotMatter) {
  slow_device below(kB);
  for (const char* identity : {"1", "2", "3"}) {
    (void)all_of(*open(below, identity));
    for (const auto& f : fs::directory_iterator(folder_ / "images")) {
      const timespec then[2] = {{identity[0] == '1' ? 4000000000 : 1, 0}, {identity[0] == '1' ? 4000000000 : 1, 0}};
      ASSERT_EQ(::utimensat(AT_FDCWD, f.path().c_str(), then, 0), 0);
    }
  }
  EXPECT_EQ(block_cache::find(options(), kCachedName)->identity, "3");
  (void)open(below, "1");
  EXPECT_EQ(block_cache::find(options(), kCachedName)->identity, "1");
  const auto folder = cache_folder::open(options().folder, false);
  std::vector<cached_file> removed;
  (void)folder->trim(3 * kB, &removed);
  ASSERT_FALSE(removed.empty());
  EXPECT_EQ(removed.front().image.identity, "2");
}

TEST_F(BlockCache, TheBoundHoldsAndImagesInUseStay) {
  slow_device below(8 * kB);
  for (const char* identity : {"1", "2", "3"}) (void)all_of(*open(below, identity));
  const auto used = open(below, "1");
  block_cache_options bounded = options();
  bounded.bound = 20 * kB;
  const auto fourth = block_cache::open(bounded, kCachedName, "4", below.view());
  EXPECT_EQ(all_of(**fourth), as_text(below.content()));
  const auto files = cache_folder::open(options().folder, false)->files();
  std::uint64_t sum = 0;
  std::string left;
  for (const cached_file& f : files) {
    sum += f.disk;
    left += f.image.identity;
  }
  EXPECT_EQ(left, "41");
  EXPECT_LE(sum, bounded.bound);
  EXPECT_TRUE(files.front().in_use);

  bounded.bound = 13 * kB;
  const auto fifth = block_cache::open(bounded, kCachedName, "5", below.view());
  EXPECT_EQ(all_of(**fifth), as_text(below.content()));
  EXPECT_NE((*fifth)->trouble(), "");
  EXPECT_EQ((*fifth)->trouble(), "");
  EXPECT_EQ((*fifth)->counts().dropped, 8u);
  EXPECT_EQ(all_of(*used), as_text(below.content()));
}

TEST_F(BlockCache, ThreadsFetchEachBlockOnce) {
  slow_device below(100 * kB + 5);
  below.delay = std::chrono::milliseconds(2);
  const auto cache = open_good(below);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 8; ++seed) {
    threads.emplace_back([&, seed] {
      std::minstd_rand random(seed);
      for (int i = 0; i < 60; ++i) {
        const std::size_t at = random() % below.content().size();
        const std::size_t n = std::min<std::size_t>(1 + random() % (9 * kB), below.content().size() - at);
        if (read_text(cache->view(), at, n) != below.part(at, n)) ++wrong;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(all_of(*cache), as_text(below.content()));
  for (std::uint64_t b = 0; b <= 100; ++b) EXPECT_EQ(below.reads_of(b), 1u) << b;
}

// As processes do: each cache has a descriptor of its own, and locks exclude descriptors.
TEST_F(BlockCache, CachesOfOneFolderFetchEachBlockOnce) {
  slow_device below(60 * kB);
  below.delay = std::chrono::milliseconds(2);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      const auto cache = open(below);
      std::minstd_rand random(seed);
      for (int i = 0; i < 40; ++i) {
        const std::size_t at = random() % below.content().size();
        const std::size_t n = std::min<std::size_t>(1 + random() % (5 * kB), below.content().size() - at);
        if (read_text(cache->view(), at, n) != below.part(at, n)) ++wrong;
      }
      if (all_of(*cache) != as_text(below.content())) ++wrong;
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
  for (std::uint64_t b = 0; b < 60; ++b) EXPECT_EQ(below.reads_of(b), 1u) << b;
}

TEST_F(BlockCache, AStoppedProcessHoldsNobodyUpForLong) {
  slow_device below(3 * kB);
  const auto holder = open_good(below);
  const auto folder = cache_folder::open(options().folder, false);
  const auto stopped = cache_file::open_existing(*folder, file().filename(), boot_);
  ASSERT_EQ((*stopped)->lock(1, 1, 0), 1u);
  block_cache_options hasty = options();
  hasty.patience = 20;
  const auto cache = block_cache::open(hasty, kCachedName, "\"v1\"", below.view());
  EXPECT_EQ(all_of(**cache), as_text(below.content()));
}

}  // namespace
}  // namespace docteur
