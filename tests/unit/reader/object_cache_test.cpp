#include "reader/object_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "support/guest.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kCapacity = 100'000;
constexpr std::uint64_t kSize = 1000;

// The content of the object at `offset` in these tests.
std::byte content_of(std::uint64_t offset) { return static_cast<std::byte>(offset * 37 + 1); }

void put(object_cache& cache, std::uint64_t offset, std::uint64_t size = kSize) {
  auto h = cache.make(offset, object_type::tree, size);
  ASSERT_TRUE(h);
  std::ranges::fill(h->fill(), content_of(offset));
  cache.keep(*h);
}

bool has(object_cache& cache, std::uint64_t offset) {
  const auto h = cache.find(offset);
  if (!h) return false;
  EXPECT_EQ(h.type(), object_type::tree);
  for (const std::byte b : h.content()) EXPECT_EQ(b, content_of(offset));
  return true;
}

TEST(ObjectCache, TakesNothingBeforeItIsNeeded) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  EXPECT_FALSE(cache.find(12));
  EXPECT_EQ(mem.allocations(), 0u);
}

TEST(ObjectCache, GivesWhatWasKept) {
  counting_memory mem;
  {
    object_cache cache(mem.handle(), kCapacity);
    put(cache, 12);
    put(cache, 13, 0);
    EXPECT_TRUE(has(cache, 12));
    EXPECT_TRUE(has(cache, 13));
    EXPECT_FALSE(has(cache, 14));
    EXPECT_EQ(cache.count().hits, 2u);
    EXPECT_EQ(cache.count().misses, 1u);
  }
  EXPECT_EQ(mem.blocks(), 0u);
  EXPECT_TRUE(mem.sizes_match());
}

TEST(ObjectCache, WhatIsNotKeptGoesWithItsHandle) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  { const auto h = cache.make(12, object_type::blob, kSize); }
  EXPECT_FALSE(cache.find(12));
  EXPECT_EQ(cache.count().used, 0u);
}

TEST(ObjectCache, StaysInItsBytesAndTakesThemOnce) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  std::mt19937 random(1);
  put(cache, 12);
  const std::size_t taken = mem.used();
  const std::size_t allocations = mem.allocations();
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t offset = random() % 500;
    if (!has(cache, offset)) put(cache, offset, random() % 3000);
    ASSERT_LE(cache.count().used, kCapacity);
  }
  EXPECT_GT(cache.count().hits, 1000u);
  EXPECT_EQ(mem.used(), taken);
  EXPECT_EQ(mem.allocations(), allocations);
  cache.clear();
  EXPECT_EQ(cache.count().used, 0u);
}

// Any number of objects pinned at once, in any order: each keeps its place and its content while others are added and
// dropped.
TEST(ObjectCache, PinnedObjectsAnywhereDoNotDisturbTheOthers) {
  counting_memory mem;
  {
    object_cache cache(mem.handle(), kCapacity);
    std::mt19937 random(2);
    struct pin {
      std::uint64_t offset;
      object_cache::handle held;
    };
    std::vector<pin> pins;
    for (int i = 0; i < 50'000; ++i) {
      const std::uint64_t offset = random() % 300;
      if (random() % 8 == 0) {
        if (auto h = cache.find(offset)) pins.push_back({offset, std::move(h)});
      } else if (!has(cache, offset)) {
        put(cache, offset, random() % (kCapacity / 5));
      }
      if (pins.size() > random() % 8) {
        const std::size_t which = random() % pins.size();
        for (const std::byte b : pins[which].held.content()) ASSERT_EQ(b, content_of(pins[which].offset));
        pins.erase(pins.begin() + static_cast<std::ptrdiff_t>(which));
      }
      if (random() % 5000 == 0) cache.clear();
    }
    EXPECT_GT(cache.count().hits, 1000u);
  }
  EXPECT_EQ(mem.blocks(), 0u);
  EXPECT_TRUE(mem.sizes_match());
}

TEST(ObjectCache, WhatAHandleHoldsStays) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  put(cache, 1'000'000);
  auto held = cache.find(1'000'000);
  auto again = cache.find(1'000'000);
  const std::byte* at = held.content().data();
  for (std::uint64_t i = 0; i < 1000; ++i) put(cache, i);
  cache.clear();
  EXPECT_EQ(held.content().data(), at);
  EXPECT_EQ(held.content()[5], content_of(1'000'000));
  held = {};
  EXPECT_TRUE(has(cache, 1'000'000)) << "one of two handles is destroyed";
  again = {};
  cache.clear();
  EXPECT_FALSE(has(cache, 1'000'000));
}

TEST(ObjectCache, AWalkDoesNotPushOutWhatIsUsedAgain) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  // Half of the capacity in objects that were used a second time.
  const std::uint64_t hot = kCapacity / 2 / (kSize + 100);
  for (std::uint64_t i = 0; i < hot; ++i) put(cache, i);
  for (std::uint64_t i = 0; i < hot; ++i) EXPECT_TRUE(has(cache, i));
  // Five times the capacity passes through; the hot objects are used now and then.
  for (std::uint64_t i = 0; i < 500; ++i) {
    put(cache, 1000 + i);
    if (i % 40 != 39) continue;
    for (std::uint64_t k = 0; k < hot; ++k) ASSERT_TRUE(has(cache, k)) << i << " " << k;
  }
}

TEST(ObjectCache, WhatIsUsedAgainMakesRoomForNewer) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    put(cache, i);
    EXPECT_TRUE(has(cache, i));
  }
  EXPECT_FALSE(has(cache, 0)) << "uses do not count forever";
  for (std::uint64_t i = 950; i < 1000; ++i) EXPECT_TRUE(has(cache, i)) << i;
}

TEST(ObjectCache, EvictsTheOldestFirst) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  for (std::uint64_t i = 0; i < 200; ++i) put(cache, i);
  bool seen = false;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const bool there = has(cache, i);
    EXPECT_TRUE(!seen || there) << "an older one outlived " << i;
    seen = seen || there;
  }
  EXPECT_TRUE(seen);
}

TEST(ObjectCache, OneLargeObjectPushesOutNoOther) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  for (std::uint64_t i = 0; i < 20; ++i) put(cache, i);
  put(cache, 1000, kCapacity / 4);
  put(cache, 1001, kCapacity * 2);
  EXPECT_FALSE(has(cache, 1000));
  EXPECT_FALSE(has(cache, 1001));
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_TRUE(has(cache, i));
}

TEST(ObjectCache, MakesWayForOneThatPasses) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  for (std::uint64_t i = 0; i < 20; ++i) put(cache, i);
  const std::size_t taken = mem.allocations();
  {
    const auto passing = cache.make_passing(1000, object_type::blob, kCapacity * 9 / 10);
    ASSERT_TRUE(passing);
    EXPECT_FALSE(passing->is_beside_cache());
    const auto beside = cache.make_passing(1001, object_type::blob, kCapacity / 2);
    ASSERT_TRUE(beside);
    EXPECT_TRUE(beside->is_beside_cache()) << "there is no room while the other object is pinned";
  }
  EXPECT_EQ(mem.allocations(), taken + 1);
  EXPECT_FALSE(has(cache, 1000));
  for (std::uint64_t i = 0; i < 90; ++i) put(cache, 2000 + i);
  EXPECT_EQ(mem.allocations(), taken + 1) << "the cache has its memory again";
  EXPECT_TRUE(has(cache, 2089));
}

TEST(ObjectCache, OfNoBytesKeepsNothingAndWorks) {
  counting_memory mem;
  object_cache cache(mem.handle(), 0);
  auto h = cache.make(12, object_type::blob, kSize);
  ASSERT_TRUE(h);
  cache.keep(*h);
  EXPECT_EQ(h->content().size(), kSize);
  *h = {};
  EXPECT_FALSE(cache.find(12));
  EXPECT_EQ(cache.count().used, 0u);
}

TEST(ObjectCache, GivesUpItsObjectsBeforeItFails) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  for (std::uint64_t i = 0; i < 20; ++i) put(cache, i);
  mem.fail_at(0);
  const auto h = cache.make(100, object_type::blob, kCapacity);
  EXPECT_TRUE(h) << "the second attempt, after the log is released, has room";
  EXPECT_EQ(mem.blocks(), 1u) << "this one";
  mem.fail_at(0, true);
  EXPECT_EQ(cache.make(101, object_type::blob, kCapacity).error().code, errc::out_of_memory);
}

TEST(ObjectCache, TakesASmallerBlockWhereThereIsNoLarger) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity * 64);
  mem.fail_at(1);  // the table is number 0
  put(cache, 12);
  EXPECT_TRUE(has(cache, 12));
  EXPECT_LT(mem.used(), kCapacity * 40);
  object_cache none(mem.handle(), kCapacity);
  mem.fail_at(0);
  put(none, 12);
  EXPECT_FALSE(has(none, 12)) << "no table";
}

TEST(ObjectCache, GivesItsMemoryBackAndBeginsAnew) {
  counting_memory mem;
  object_cache cache(mem.handle(), kCapacity);
  cache.release();
  put(cache, 12);
  put(cache, 13);
  {
    const auto pinned = cache.find(12);
    cache.release();
    EXPECT_EQ(pinned.content()[7], content_of(12));
    EXPECT_FALSE(has(cache, 13));
    EXPECT_GT(mem.used(), kCapacity);
  }
  cache.release();
  EXPECT_EQ(mem.used(), 0u);
  EXPECT_FALSE(has(cache, 12));
  put(cache, 12);
  EXPECT_TRUE(has(cache, 12));
}

TEST(ObjectCache, MovesWithWhatItHolds) {
  counting_memory mem;
  {
    object_cache first(mem.handle(), kCapacity);
    for (std::uint64_t i = 0; i < 10; ++i) put(first, i);
    EXPECT_TRUE(has(first, 3));
    object_cache second(std::move(first));
    for (std::uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(has(second, i));
  }
  EXPECT_EQ(mem.blocks(), 0u);
}

}  // namespace
}  // namespace docteur
