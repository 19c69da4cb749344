#include "mount/content_spill.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/scratch.hpp"

namespace docteur {
namespace {

std::vector<std::byte> content(std::uint64_t key, std::size_t size) {
  std::vector<std::byte> all(size);
  for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<std::byte>(key * 31 + i * 7 + i / 256);
  return all;
}

// Whether it is held, in which case every part of it must be right.
bool is_held(content_spill& spill, std::uint64_t key, std::size_t size) {
  const auto right = content(key, size);
  std::vector<std::byte> got(size / 3);
  if (!spill.read(key, size / 2, got)) {
    EXPECT_EQ(spill.size(key), 0u);
    return false;
  }
  EXPECT_EQ(spill.size(key), size);
  EXPECT_TRUE(std::equal(got.begin(), got.end(), right.begin() + static_cast<std::ptrdiff_t>(size / 2)));
  std::vector<std::byte> all(size);
  EXPECT_TRUE(spill.read(key, 0, all));
  EXPECT_EQ(all, right);
  EXPECT_FALSE(spill.read(key, 1, all)) << "past the end";
  return true;
}

void put(content_spill& spill, std::uint64_t key, std::size_t size) { spill.put(key, content(key, size)); }

TEST(ContentSpill, HoldsContent) {
  content_spill spill(1'000'000);
  EXPECT_FALSE(is_held(spill, 1, 1000));
  put(spill, 1, 1000);
  put(spill, 1, 1000);
  EXPECT_TRUE(is_held(spill, 1, 1000));
  put(spill, 2, 250'001);
  EXPECT_TRUE(is_held(spill, 2, 250'001));
  put(spill, 3, 1'000'001);  // more than the bound
  EXPECT_FALSE(is_held(spill, 3, 1'000'001));
  EXPECT_TRUE(is_held(spill, 1, 1000));
  put(spill, 4, 1'000'000);
  EXPECT_TRUE(is_held(spill, 4, 1'000'000));
  EXPECT_FALSE(is_held(spill, 1, 1000));
  EXPECT_FALSE(is_held(spill, 2, 250'001));
  put(spill, 5, 1000);
  EXPECT_TRUE(is_held(spill, 5, 1000));
  EXPECT_FALSE(is_held(spill, 4, 1'000'000));
}

TEST(ContentSpill, IsRightForManyThreads) {
  content_spill spill(100'000);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const std::uint64_t key = 1 + (i * 7 + t) % 50;
        const std::size_t size = 1000 + key * 7919 % 40'000;
        if (i % 3 == 0) put(spill, key, size);
        std::vector<std::byte> got(size);
        if (spill.read(key, 0, got)) {
          EXPECT_EQ(got, content(key, size));
        }
      }
    });
  for (std::thread& t : threads) t.join();
}

TEST(ContentSpill, IsBoundedAndRight) {
  content_spill spill(100'000);
  for (std::uint64_t key = 1; key < 400; ++key) {
    const std::size_t size = 1000 + key * 7919 % 24'000;
    put(spill, key, size);
    EXPECT_TRUE(is_held(spill, key, size)) << key;
    std::uint64_t sum = 0;
    for (std::uint64_t k = key; k > 0 && k + 120 > key; --k) {
      if (is_held(spill, k, 1000 + k * 7919 % 24'000)) sum += spill.size(k);
    }
    EXPECT_LE(sum, 100'000u);
    EXPECT_TRUE(key < 20 || sum > 50'000u) << sum;
  }
}

TEST(ContentSpill, GoesOnWithoutAFile) {
  ::setenv("TMPDIR", "/nowhere", 1);
  content_spill none(100'000);
  ::unsetenv("TMPDIR");
  put(none, 1, 1000);
  EXPECT_FALSE(is_held(none, 1, 1000));
}

// A limit on the length of files stands for a full disk.
TEST(ContentSpill, GivesBackWhenTheDiskIsFull) {
  content_spill spill(1'000'000);
  put(spill, 1, 1000);
  EXPECT_TRUE(is_held(spill, 1, 1000));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit low{50'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  put(spill, 2, 100'000);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(is_held(spill, 1, 1000));
  EXPECT_FALSE(is_held(spill, 2, 100'000));
  put(spill, 3, 1000);
  EXPECT_FALSE(is_held(spill, 3, 1000));
}

// The file is opened at the start: later its folder may be in what is mounted.
TEST(ContentSpill, LooksForNoFolderLater) {
  auto folder = std::make_unique<scratch>();
  ::setenv("TMPDIR", folder->path().c_str(), 1);
  content_spill spill(100'000);
  EXPECT_TRUE(std::filesystem::is_empty(folder->path()));
  folder.reset();
  put(spill, 1, 1000);
  EXPECT_TRUE(is_held(spill, 1, 1000));
  ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace docteur
