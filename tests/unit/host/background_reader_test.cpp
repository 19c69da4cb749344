#include "host/background_reader.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>

#include "host/recorded_image.hpp"

namespace docteur {
namespace {

using clock = std::chrono::steady_clock;

// Keeps what is fetched, and counts it.
class slow_image final : public image_device {
 public:
  explicit slow_image(std::uint64_t size, bool keeps = true) : size_(size), keeps_(keeps) {}

  [[nodiscard]] device view() const noexcept override {
    device d;
    d.self = const_cast<slow_image*>(this);
    d.size = size_;
    d.read = [](void*, std::uint64_t, mutable_bytes out) noexcept -> result<done> {
      std::ranges::fill(out, std::byte{7});
      return done{};
    };
    return d;
  }
  [[nodiscard]] bool takes_advice() const noexcept override { return true; }
  [[nodiscard]] bool keeps() const noexcept override { return keeps_; }
  void prefetch(std::uint64_t, std::uint64_t size) noexcept override { advised += size; }
  [[nodiscard]] result<std::uint64_t> fetch(std::uint64_t offset, std::uint64_t size) noexcept override {
    const std::lock_guard lock(guard_);
    if (offset >= bad) return fail(errc::unavailable, offset, "gone");
    ++requests;
    std::uint64_t fresh = 0;
    for (std::uint64_t i = offset / kListedBlock; i * kListedBlock < offset + size; ++i)
      if (times[i]++ == 0) fresh += std::min(kListedBlock, size_ - i * kListedBlock);
    return fresh;
  }

  std::map<std::uint64_t, int> times;  // of each block that was fetched
  std::uint64_t requests = 0;
  std::uint64_t bad = ~std::uint64_t{0};
  std::atomic<std::uint64_t> advised = 0;

 private:
  std::uint64_t size_;
  bool keeps_;
  std::mutex guard_;
};

TEST(BackgroundReader, FetchesAWholeImageInLargeRequests) {
  slow_image image(100 * kListedBlock + 1);
  background_reader reader(image, all_blocks(image.view().size), 0);
  progress silent;
  ASSERT_TRUE(reader.wait("i", silent));
  EXPECT_EQ(reader.fetched(), image.view().size);
  EXPECT_EQ(image.times.size(), 101u);
  EXPECT_EQ(image.requests, 4u);
}

// Neighbours in the image are one request, wherever they stand in the list; nothing is fetched twice, or besides.
TEST(BackgroundReader, MergesNeighbours) {
  slow_image image(1000 * kListedBlock);
  background_reader reader(image, {{5, 1}, {900, 2}, {6, 1}, {0, 3}, {4, 1}, {5, 2}, {902, 1}, {1, 1}}, 0);
  progress silent;
  ASSERT_TRUE(reader.wait("i", silent));
  EXPECT_EQ(image.requests, 3u);
  for (const auto& [block, times] : image.times) EXPECT_EQ(times, 1) << block;
  EXPECT_EQ(image.times.size(), 9u);
  EXPECT_EQ(reader.fetched(), 9 * kListedBlock);
}

TEST(BackgroundReader, KeepsToItsRate) {
  slow_image image(64 * kListedBlock);
  const auto began = clock::now();
  background_reader reader(image, all_blocks(image.view().size), 8 << 20);
  progress silent;
  ASSERT_TRUE(reader.wait("i", silent));
  EXPECT_GE(clock::now() - began, std::chrono::milliseconds(450));  // 4 MiB at 8 MiB/s
  EXPECT_EQ(image.advised, 0u) << "more is asked for than the rate allows";
}

TEST(BackgroundReader, EndsWhenItIsDestroyed) {
  slow_image image(1000 * kListedBlock);
  { const background_reader reader(image, all_blocks(image.view().size), 1); }
  EXPECT_LE(image.requests, 1u);
}

TEST(BackgroundReader, EndsWhenTheDeviceFails) {
  slow_image image(100 * kListedBlock);
  image.bad = 32 * kListedBlock;
  background_reader reader(image, all_blocks(image.view().size), 0);
  progress silent;
  const auto ended = reader.wait("i", silent);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().who, blame::environment);
  EXPECT_TRUE(ended.error().message.starts_with("i: ")) << ended.error().message;
  EXPECT_EQ(image.times.size(), 32u);
}

TEST(BackgroundReader, OnlyAdvisesWhereNothingIsKept) {
  slow_image image(1000 * kListedBlock, false);
  background_reader reader(image, all_blocks(image.view().size), 0);
  progress silent;
  ASSERT_TRUE(reader.wait("i", silent));
  EXPECT_EQ(image.requests, 0u);
  EXPECT_EQ(image.advised, 16u << 20);
}

TEST(RecordedImage, RemembersTheOrderOfFirstUse) {
  recorded_image image(std::make_unique<slow_image>(100 * kListedBlock));
  const device d = image.view();
  std::vector<std::byte> out(3 * kListedBlock);
  const auto read = [&](std::uint64_t at, std::size_t size) {
    ASSERT_TRUE(read_exactly(d, at, mutable_bytes(out).first(size)));
  };
  read(50 * kListedBlock + 5, 10);
  read(51 * kListedBlock - 1, 2);
  read(0, 1);
  read(50 * kListedBlock, 1);
  read(49 * kListedBlock, 3 * kListedBlock);
  image.prefetch(80 * kListedBlock, 1);
  EXPECT_FALSE(read_exactly(d, 100 * kListedBlock, mutable_bytes(out).first(1)));
  const auto blocks = image.blocks();
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].first, 50u);
  EXPECT_EQ(blocks[0].count, 2u);
  EXPECT_EQ(blocks[1].first, 0u);
  EXPECT_EQ(blocks[2].first, 49u);
  EXPECT_EQ(out[0], std::byte{7});
}

}  // namespace
}  // namespace docteur
