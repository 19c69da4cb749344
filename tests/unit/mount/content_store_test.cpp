#include "mount/content_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "host/heap.hpp"

namespace docteur {
namespace {

result<held_content> content_of(std::uint64_t size) {
  held_content c;
  c.size = size;
  DOCTEUR_TRY(whole, owned_array<std::byte>::make(heap_memory(), size));
  c.data = std::move(whole);
  return c;
}

TEST(ContentStore, HoldsWhatWasUsedLast) {
  content_store store(1000);
  for (std::uint32_t i = 0; i < 4; ++i) ASSERT_TRUE(store.get(i, 300, [] { return content_of(300); }));
  EXPECT_EQ(store.used(), 900u);
  EXPECT_EQ(store.find(0), nullptr);
  ASSERT_NE(store.find(1), nullptr);
  ASSERT_TRUE(store.get(4, 300, [] { return content_of(300); }));
  EXPECT_NE(store.find(1), nullptr);
  EXPECT_EQ(store.find(2), nullptr);
}

TEST(ContentStore, HoldsOneThatIsTooLarge) {
  content_store store(1000);
  ASSERT_TRUE(store.get(1, 10, [] { return content_of(10); }));
  const auto large = store.get(2, 5000, [] { return content_of(5000); });
  ASSERT_TRUE(large);
  EXPECT_EQ(store.find(2), *large);
  EXPECT_EQ(store.find(1), nullptr);
  ASSERT_TRUE(store.get(3, 10, [] { return content_of(10); }));
  EXPECT_EQ(store.used(), 10u);
  EXPECT_EQ((*large)->data.size(), 5000u);  // valid as long as its handle
}

// A build and what has to go for it are not in memory together.
TEST(ContentStore, MakesRoomBeforeItBuilds) {
  content_store store(1000);
  ASSERT_TRUE(store.get(1, 5000, [] { return content_of(5000); }));
  ASSERT_TRUE(store.get(2, 400, [&] {
    EXPECT_EQ(store.used(), 0u);
    return content_of(400);
  }));
  ASSERT_TRUE(store.get(3, 700, [&] {
    EXPECT_EQ(store.find(2), nullptr);
    return content_of(700);
  }));
  EXPECT_EQ(store.used(), 700u);
}

TEST(ContentStore, TellsPiecesFromTheWhole) {
  EXPECT_NE(content_key(1), content_key(1, 0));
  EXPECT_NE(content_key(1, 0), content_key(0, 1));
  EXPECT_NE(content_key(0, 0), content_key(0, 0xffffffff));
}

TEST(ContentStore, ForgetsAFailure) {
  content_store store(1000);
  const auto failed = store.get(1, 10, []() -> result<held_content> { return fail(errc::unavailable, 0, "not now"); });
  EXPECT_EQ(failed.error().code, errc::unavailable);
  EXPECT_TRUE(store.get(1, 10, [] { return content_of(10); }));
}

TEST(ContentStore, BuildsOnceForManyThreads) {
  content_store store(1000);
  std::atomic<int> built{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto c = store.get(7, 10, [&] {
        ++built;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return content_of(10);
      });
      EXPECT_TRUE(c && (*c)->size == 10);
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(built, 1);
}

}  // namespace
}  // namespace docteur
