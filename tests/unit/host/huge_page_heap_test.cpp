#include "host/huge_page_heap.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace docteur {
namespace {

constexpr std::size_t kMiB = 1 << 20;

// Sizes below, at and above the least size of blocks in huge pages, and multiples of whole pages.
TEST(HugePageHeap, ABlockKeepsItsContentWhateverItsSizesAre) {
  const memory from = huge_page_memory();
  std::mt19937_64 dice(3);
  const std::vector<std::size_t> sizes{1,        1000,     4 * kMiB - 1, 4 * kMiB, 4 * kMiB + 1,
                                       5 * kMiB, 6 * kMiB, 17 * kMiB + 5};
  for (int turn = 0; turn < 20; ++turn) {
    std::size_t size = sizes[dice() % sizes.size()];
    auto* block = static_cast<std::byte*>(from.allocate(from.self, size));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0u);
    for (int step = 0; step < 12; ++step) {
      const auto first = static_cast<std::byte>(dice());
      const auto last = static_cast<std::byte>(dice());
      block[size - 1] = last;
      block[0] = first;
      const std::size_t next = sizes[dice() % sizes.size()];
      block = static_cast<std::byte*>(from.resize(from.self, block, size, next));
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(block[0], first);
      if (next >= size && size > 1) {
        EXPECT_EQ(block[size - 1], last) << size << " -> " << next;
      }
      size = next;
    }
    from.release(from.self, block, size);
  }
}

TEST(HugePageHeap, WhatNoSystemHasIsRefused) {
  const memory from = huge_page_memory();
  constexpr auto kAll = static_cast<std::size_t>(-1);
  for (const std::size_t size : {kAll, kAll - kMiB, kAll / 2, kAll / 4})
    EXPECT_EQ(from.allocate(from.self, size), nullptr) << size;
  for (const std::size_t size : {std::size_t{100}, 5 * kMiB}) {
    auto* block = static_cast<std::byte*>(from.allocate(from.self, size));
    ASSERT_NE(block, nullptr);
    block[size - 1] = std::byte{7};
    for (const std::size_t more : {kAll, kAll - kMiB, kAll / 2})
      EXPECT_EQ(from.resize(from.self, block, size, more), nullptr);
    EXPECT_EQ(block[size - 1], std::byte{7}) << "the block is unchanged";
    from.release(from.self, block, size);
  }
}

}  // namespace
}  // namespace docteur
