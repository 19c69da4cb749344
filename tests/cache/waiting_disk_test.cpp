// Reads of a loop that may not wait: they fail with a ticket, and succeed once the ticket was called.

#include "unikernel-example/platform/linux/waiting_disk.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "support/slow_device.hpp"
#include "unikernel-example/platform/linux/disk_waits.hpp"

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::uint64_t kBlock = arriving_blocks::kBlock;
constexpr std::uint64_t kLeast = 16 << 20;  // bytes

// A device that reads only while its gate is open.
class gated_image final : public image_device {
 public:
  explicit gated_image(std::size_t size) : device_(size) {}
  device view() const noexcept override {
    device d;
    d.self = const_cast<gated_image*>(this);
    d.size = device_.content().size();
    d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept {
      return static_cast<gated_image*>(self)->read(at, out);
    };
    return d;
  }
  void set_open(bool open) {
    const std::lock_guard lock(guard_);
    is_open_ = open;
    opened_.notify_all();
  }
  slow_device& device_below() { return device_; }

 private:
  result<done> read(std::uint64_t at, mutable_bytes out) noexcept {
    std::unique_lock lock(guard_);
    opened_.wait(lock, [this] { return is_open_; });
    return read_exactly(device_.view(), at, out);
  }

  slow_device device_;
  std::mutex guard_;
  std::condition_variable opened_;
  bool is_open_ = true;
};

// The tickets that were called.
class arrivals {
 public:
  waiting_disk::arrival teller() {
    return [this](std::size_t loop, std::uint64_t ticket) {
      const std::lock_guard lock(guard_);
      EXPECT_EQ(loop, 3u);
      EXPECT_TRUE(called_.insert(ticket).second) << "called twice";
      more_.notify_all();
    };
  }
  void wait_for(std::uint64_t ticket) {
    std::unique_lock lock(guard_);
    more_.wait(lock, [&] { return called_.contains(ticket); });
  }
  bool has(std::uint64_t ticket) {
    const std::lock_guard lock(guard_);
    return called_.contains(ticket);
  }

 private:
  std::mutex guard_;
  std::condition_variable more_;
  std::set<std::uint64_t> called_;
};

struct waiting_disk_test : testing::Test {
  explicit waiting_disk_test(std::size_t size = 8 << 20) : image(std::make_shared<gated_image>(size)) {
    disk.emplace(image, kLeast, told.teller());
    this_threads_disk_waits() = {false, 3, 0};
  }
  ~waiting_disk_test() override {
    this_threads_disk_waits() = {};
    image->set_open(true);
  }
  // Reads as a loop does: until it has all, or it fails without a ticket.
  std::string read_patiently(std::uint64_t at, std::size_t n) {
    for (;;) {
      std::string text = read_text(disk->view(), at, n);
      if (!text.empty()) return text;
      const std::uint64_t ticket = this_threads_disk_waits().take_ticket();
      if (ticket == 0) return {};
      told.wait_for(ticket);
    }
  }
  [[nodiscard]] std::string part(std::uint64_t at, std::size_t n) const { return image->device_below().part(at, n); }

  std::shared_ptr<gated_image> image;
  arrivals told;
  std::optional<waiting_disk> disk;
};
using WaitingDisk = waiting_disk_test;

TEST_F(WaitingDisk, DoesNotWait) {
  image->set_open(false);
  EXPECT_EQ(read_text(disk->view(), 100, 1000), "");
  const std::uint64_t ticket = this_threads_disk_waits().take_ticket();
  EXPECT_NE(ticket, 0u);
  EXPECT_EQ(this_threads_disk_waits().take_ticket(), 0u);
  // Another block is another ticket; the same block is read once.
  EXPECT_EQ(read_text(disk->view(), 5 * kBlock, 10), "");
  const std::uint64_t other = this_threads_disk_waits().take_ticket();
  EXPECT_EQ(read_text(disk->view(), 0, 10), "");
  const std::uint64_t again = this_threads_disk_waits().take_ticket();
  EXPECT_EQ((std::set{ticket, other, again}).size(), 3u);
  EXPECT_FALSE(told.has(ticket));
  image->set_open(true);
  for (const std::uint64_t t : {ticket, other, again}) told.wait_for(t);
  EXPECT_EQ(read_text(disk->view(), 100, 1000), part(100, 1000));
  EXPECT_EQ(read_text(disk->view(), 5 * kBlock, 10), part(5 * kBlock, 10));
  EXPECT_EQ(this_threads_disk_waits().take_ticket(), 0u);
  EXPECT_EQ(image->device_below().reads_of(0), 1u);
}

TEST_F(WaitingDisk, WaitsForThoseWhoMay) {
  this_threads_disk_waits().may_wait = true;
  EXPECT_EQ(read_text(disk->view(), 7, 200'000), part(7, 200'000));
  EXPECT_EQ(this_threads_disk_waits().take_ticket(), 0u);
}

TEST_F(WaitingDisk, ReadsAcrossBlocksAndAtTheEnd) {
  const std::uint64_t size = image->view().size;
  EXPECT_EQ(read_patiently(kBlock - 5, 10), part(kBlock - 5, 10));
  EXPECT_EQ(read_patiently(3, 40 * kBlock), part(3, 40 * kBlock));
  EXPECT_EQ(read_patiently(size - 70'000, 70'000), part(size - 70'000, 70'000));
}

TEST_F(WaitingDisk, TellsFailuresAndTriesAgain) {
  image->device_below().fails = true;
  EXPECT_EQ(read_text(disk->view(), 0, 10), "");
  const std::uint64_t ticket = this_threads_disk_waits().take_ticket();
  told.wait_for(ticket);
  // Now it is the device's own failure, without a ticket.
  std::array<std::byte, 10> out{};
  const auto failed = read_exactly(disk->view(), 0, out);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::unavailable);
  EXPECT_EQ(this_threads_disk_waits().take_ticket(), 0u);
  image->device_below().fails = false;
  std::string text;
  while (text.empty()) text = read_patiently(0, 10);
  EXPECT_EQ(text, part(0, 10));
}

// Blocks that are read together do not share one's fault.
TEST_F(WaitingDisk, OneBadBlockIsOne) {
  image->set_open(false);
  image->device_below().fails_at = 3 * kBlock + 17;
  EXPECT_EQ(read_text(disk->view(), 0, 8 * kBlock), "");
  const std::uint64_t ticket = this_threads_disk_waits().take_ticket();
  image->set_open(true);
  told.wait_for(ticket);
  EXPECT_EQ(read_patiently(0, 3 * kBlock), part(0, 3 * kBlock));
  EXPECT_EQ(read_patiently(4 * kBlock, 4 * kBlock), part(4 * kBlock, 4 * kBlock));
  std::array<std::byte, 10> out{};
  const auto failed = read_exactly(disk->view(), 3 * kBlock + 20, out);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::io);
}

// The memory of 64 blocks has room for 40 and, later, for the others.
struct WaitingDiskOfMany : waiting_disk_test {
  WaitingDiskOfMany() : waiting_disk_test(64 << 20) {}
};
TEST_F(WaitingDiskOfMany, TakesNoMoreMemoryThanItHas) {
  image->set_open(false);
  std::vector<std::uint64_t> tickets;
  constexpr std::uint64_t kRead = 10;  // blocks
  for (std::uint64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(read_text(disk->view(), i * kRead * kBlock, kRead * kBlock), "");
    tickets.push_back(this_threads_disk_waits().take_ticket());
    EXPECT_NE(tickets.back(), 0u);
  }
  image->set_open(true);
  for (std::uint64_t i = 0; i < 40; ++i) {
    told.wait_for(tickets[i]);
    const std::uint64_t at = i * kRead * kBlock;
    EXPECT_EQ(read_patiently(at, kRead * kBlock), part(at, kRead * kBlock)) << i;
  }
}

TEST_F(WaitingDisk, CallsAllTicketsAtItsEnd) {
  image->set_open(false);
  std::vector<std::uint64_t> tickets;
  for (std::uint64_t i = 0; i < 60; ++i) {
    EXPECT_EQ(read_text(disk->view(), i * kBlock, 10), "");
    tickets.push_back(this_threads_disk_waits().take_ticket());
  }
  disk.reset();  // does not wait for the gate
  for (const std::uint64_t t : tickets) EXPECT_TRUE(told.has(t));
}

TEST_F(WaitingDisk, ServesManyThreads) {
  image->device_below().delay = std::chrono::microseconds(200);
  std::vector<std::thread> readers;
  for (unsigned r = 0; r < 8; ++r) {
    readers.emplace_back([&, r] {
      this_threads_disk_waits() = {false, 3, 0};
      std::minstd_rand dice(r + 1);
      for (int i = 0; i < 100; ++i) {
        const std::uint64_t at = dice() % (7 << 20);
        const std::size_t n = 1 + dice() % 200'000;
        ASSERT_EQ(read_patiently(at, n), part(at, n));
      }
    });
  }
  for (std::thread& t : readers) t.join();
}

}  // namespace
}  // namespace docteur::cache_vm::on_linux
