// Reads of a disk that the guest does not wait for.

#include "unikernel-example/platform/pvh/disk_blocks.hpp"

#include <set>

#include "guest/host_disk.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::size_t kSize = 3 << 20;  // bytes
constexpr std::size_t kKept = 8;        // blocks
constexpr std::uint64_t kBlock = arriving_blocks::kBlock;

class DiskBlocks : public testing::Test {
 protected:
  DiskBlocks() : content_(numbered(kSize)) {
    host.step_ns = 10'000;
    auto t = std::make_unique<host_disk>(content_, 512, 126, std::nullopt);
    played_ = t.get();
    disk_ = virtio_block::open(std::move(t));
    blocks_.emplace(*disk_, waits_, kKept);
    view_ = blocks_->view();
    waits_.may_wait = false;
    played_->holds = true;
  }

  ~DiskBlocks() override { host.step_ns = 1'000'000'000; }

  // The ticket of a read that has to wait; 0 if it has not, and 1 << 63 if it has failed.
  std::uint64_t read(std::uint64_t at, std::size_t size) {
    std::vector<std::byte> got(size);
    if (view_.read(view_.self, at, got)) {
      EXPECT_EQ(std::memcmp(got.data(), content_.data() + at, size), 0) << at << " " << size;
      EXPECT_EQ(waits_.take_ticket(), 0u);
      return 0;
    }
    const std::uint64_t ticket = waits_.take_ticket();
    return ticket != 0 ? ticket : std::uint64_t{1} << 63;
  }
  std::set<std::uint64_t> poll() {
    std::set<std::uint64_t> tickets;
    for (const auto& w : blocks_->poll()) tickets.insert(w.ticket);
    return tickets;
  }
  std::set<std::uint64_t> serve() {
    played_->serve_all();
    return poll();
  }

  std::vector<std::byte> content_;
  host_disk* played_ = nullptr;
  std::unique_ptr<virtio_block> disk_;
  disk_waits waits_;
  std::optional<disk_blocks> blocks_;
  device view_;
};

TEST_F(DiskBlocks, SeveralReadsAreInFlight) {
  const std::uint64_t first = read(100, 200);
  const std::uint64_t second = read(kBlock - 10, 20);
  const std::uint64_t third = read(kSize - 700, 700);
  EXPECT_EQ((std::set{first, second, third}).size(), 3u);
  EXPECT_TRUE(blocks_->is_reading());
  EXPECT_EQ(poll(), std::set<std::uint64_t>());
  EXPECT_EQ(serve(), (std::set{first, second, third}));
  EXPECT_EQ(played_->requests(), 3);  // the first two share a block
  EXPECT_FALSE(blocks_->is_reading());
  EXPECT_EQ(read(100, 200), 0u);
  EXPECT_EQ(read(kBlock - 10, 20), 0u);
  EXPECT_EQ(read(kSize - 700, 700), 0u);
}

TEST_F(DiskBlocks, AFastDiskIsWaitedFor) {
  played_->holds = false;
  EXPECT_EQ(read(5000, 70'000), 0u);
}

TEST_F(DiskBlocks, WhoReadsOnFindsTheNextBlock) {
  played_->holds = false;
  EXPECT_EQ(read(0, 10), 0u);
  EXPECT_EQ(played_->requests(), 1);
  EXPECT_EQ(read(kBlock, 10), 0u);
  static_cast<void>(serve());
  EXPECT_EQ(played_->requests(), 3);
  played_->holds = true;
  EXPECT_EQ(read(2 * kBlock, 10), 0u);
  EXPECT_EQ(read(2 * kBlock + 10, 10), 0u);
  static_cast<void>(serve());
  EXPECT_EQ(played_->requests(), 4);
  // Elsewhere, and at the end, there is none.
  played_->holds = false;
  EXPECT_EQ(read(20 * kBlock, 10), 0u);
  EXPECT_EQ(played_->requests(), 5);
  EXPECT_EQ(read(kSize - kBlock, 10), 0u);
  static_cast<void>(serve());
  EXPECT_EQ(played_->requests(), 6);
}

TEST_F(DiskBlocks, WhatIsReadDoesNotMakeRoomForTheNext) {
  played_->holds = false;
  for (const std::uint64_t i : {1u, 2u}) EXPECT_EQ(read(i * kBlock, 10), 0u);
  static_cast<void>(serve());  // block 3, too
  for (const std::uint64_t i : {20u, 22u, 24u, 26u, 28u}) EXPECT_EQ(read(i * kBlock, 10), 0u);
  EXPECT_EQ(read(kBlock, 10), 0u);
  // All eight places are taken, and block 2 is the one used longest ago.
  EXPECT_EQ(read(3 * kBlock - 5, 10), 0u);
}

TEST_F(DiskBlocks, WhoMayWaitDoes) {
  const std::uint64_t ticket = read(0, 10);
  waits_.may_wait = true;
  played_->holds = false;
  EXPECT_EQ(read(kBlock, 3 * kBlock), 0u);
  // What was in flight meanwhile is there as well.
  EXPECT_EQ(serve(), std::set{ticket});
  waits_.may_wait = false;
  EXPECT_EQ(read(0, 10), 0u);
}

TEST_F(DiskBlocks, WithoutRoomEverybodyGetsATurn) {
  std::set<std::uint64_t> waiting;
  for (std::uint64_t i = 0; i < 2 * kKept; ++i) waiting.insert(read(2 * i * kBlock, 10));
  EXPECT_EQ(waiting.size(), 2 * kKept);
  std::set<std::uint64_t> left;
  for (std::uint64_t i = 0; i < 2 * kKept; ++i) left.insert(i);
  for (int turns = 0; !left.empty(); ++turns) {
    ASSERT_LT(turns, 100);
    static_cast<void>(serve());
    std::erase_if(left, [this](std::uint64_t i) { return read(2 * i * kBlock, 10) == 0; });
  }
}

// The device takes some 25 requests; what comes next waits for one of them.
TEST_F(DiskBlocks, MoreThanTheDeviceTakesWait) {
  blocks_.emplace(*disk_, waits_, 64);
  view_ = blocks_->view();
  std::set<std::uint64_t> waiting;
  for (std::uint64_t i = 0; i < 40; ++i) waiting.insert(read(i * kBlock, 10));
  EXPECT_EQ(waiting.size(), 40u);
  EXPECT_FALSE(waiting.contains(0) || waiting.contains(std::uint64_t{1} << 63));
  EXPECT_EQ(played_->requests(), 0);
  EXPECT_EQ(serve(), waiting);
  EXPECT_LT(played_->requests(), 40);
  for (std::uint64_t i = 0; i < 40; ++i) static_cast<void>(read(i * kBlock, 10));
  static_cast<void>(serve());
  for (std::uint64_t i = 0; i < 40; ++i) EXPECT_EQ(read(i * kBlock, 10), 0u) << i;
}

TEST_F(DiskBlocks, AFailureIsTheReadersOwn) {
  const std::uint64_t ticket = read(0, 10);
  played_->status = 1;  // VIRTIO_BLK_S_IOERR
  EXPECT_EQ(serve(), std::set{ticket});
  EXPECT_EQ(read(0, 10), std::uint64_t{1} << 63);
  played_->status = 0;
  played_->holds = false;
  host.now_ns += 1'000'000'000;
  EXPECT_EQ(read(0, 10), 0u);  // asked for again
}

// A rewritten disk that is mounted again: no block of its former content is left, whenever it was read.
TEST_F(DiskBlocks, AViewIsOfTheCurrentContent) {
  const auto rewrite = [this] {
    for (auto* all : {&content_, &played_->content()})
      for (std::byte& b : *all) b ^= std::byte{1};
  };
  played_->holds = false;
  EXPECT_EQ(read(0, 10), 0u);
  rewrite();
  view_ = blocks_->view();
  EXPECT_EQ(read(0, 10), 0u);
  // One that the disk brings after that was asked for before.
  played_->holds = true;
  const std::uint64_t ticket = read(kBlock, 10);
  view_ = blocks_->view();
  EXPECT_EQ(serve(), std::set{ticket});
  rewrite();
  EXPECT_NE(read(kBlock, 10), 0u);
  static_cast<void>(serve());
  EXPECT_EQ(read(kBlock, 10), 0u);
}

// Whoever waits for a disk that never answers is told so.
TEST_F(DiskBlocks, ADiskThatNeverAnswersIsReset) {
  const std::uint64_t ticket = read(0, 10);
  host.step_ns = 1'000'000'000;
  std::set<std::uint64_t> called;
  for (int i = 0; i < 100 && called.empty(); ++i) {
    called = poll();
  }
  EXPECT_EQ(called, std::set{ticket});
  EXPECT_FALSE(blocks_->is_reading());
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
