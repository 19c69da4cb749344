#include "host/checked_device.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "support/made_image.hpp"
#include "support/noise.hpp"

namespace docteur {
namespace {

const made_image& image() {
  static const made_image made({{"a", "hello\n"}, {"large", noise(2'000'000)}});
  return made;
}
image_digests pinned() { return load_pinned(memory_device(image().content), {&image().made.digest, 1}, "i").value(); }

// A device whose bytes and errors a test changes while it is read, by any thread.
class changing_device {
 public:
  explicit changing_device(bytes content) : content_(content.begin(), content.end()) {}
  [[nodiscard]] device handle() noexcept {
    device d;
    d.self = this;
    d.size = content_.size();
    d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept -> result<done> {
      auto& s = *static_cast<changing_device*>(self);
      const std::scoped_lock lock(s.mutex_);
      ++s.reads_;
      s.most_ = std::max(s.most_, out.size());
      if (s.failing_) return fail(errc::unavailable, offset, "gone for now");
      std::memcpy(out.data(), s.content_.data() + offset, out.size());
      return done{};
    };
    return d;
  }
  void flip(std::size_t at) {
    const std::scoped_lock lock(mutex_);
    content_[at] ^= std::byte{1};
  }
  void set_failing(bool failing) {
    const std::scoped_lock lock(mutex_);
    failing_ = failing;
  }
  [[nodiscard]] std::size_t reads() const { return reads_; }
  [[nodiscard]] std::size_t most() const { return most_; }  // bytes of one read

 private:
  std::mutex mutex_;
  std::vector<std::byte> content_;
  bool failing_ = false;
  std::size_t reads_ = 0;
  std::size_t most_ = 0;
};

bool is_content(std::uint64_t at, bytes got) {
  return as_text(got) == as_text(bytes(image().content).subspan(at, got.size()));
}

TEST(CheckedDevice, ReadsWhatIsThere) {
  changing_device disk(image().content);
  const checked_device checked(disk.handle(), pinned());
  const device d = checked.view();
  ASSERT_EQ(d.size, image().content.size());
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t at = random() % d.size;
    std::vector<std::byte> out(random() % std::min<std::uint64_t>(d.size - at + 1, i % 10 == 0 ? 2'000'000 : 100'000));
    ASSERT_TRUE(read_exactly(d, at, out)) << at;
    ASSERT_TRUE(is_content(at, out)) << at << " " << out.size();
  }
  std::vector<std::byte> all(d.size);
  ASSERT_TRUE(read_exactly(d, 0, all));
  EXPECT_EQ(all, image().content);
  EXPECT_LE(disk.most(), checked_device::kRun * kDigestBlock);
}

TEST(CheckedDevice, NothingBehindTheImage) {
  std::vector<std::byte> larger = image().content;
  larger.resize(larger.size() + 100'000, std::byte{1});
  changing_device disk(larger);
  const checked_device checked(disk.handle(), pinned());
  const device d = checked.view();
  std::array<std::byte, 2> two;
  EXPECT_TRUE(d.read(d.self, d.size - 2, two));
  EXPECT_EQ(d.read(d.self, d.size - 1, two).error().code, errc::truncated);
  EXPECT_EQ(d.read(d.self, d.size, two).error().code, errc::truncated);
  EXPECT_EQ(d.read(d.self, ~std::uint64_t{0}, two).error().code, errc::truncated);
}

TEST(CheckedDevice, AFlippedBitFailsItsBlockOnly) {
  changing_device disk(image().content);
  const std::size_t bad = 5 * kDigestBlock + 77;
  disk.flip(bad);
  const checked_device checked(disk.handle(), pinned());
  const device d = checked.view();
  std::vector<std::byte> out(1000);
  for (std::uint64_t at = 0; at + out.size() <= d.size; at += 10'000) {
    const auto read = read_exactly(d, at, out);
    const bool touches = at / kDigestBlock <= 5 && (at + out.size() - 1) / kDigestBlock >= 5;
    ASSERT_EQ(read.has_value(), !touches) << at;
    if (touches) {
      EXPECT_EQ(read.error().code, errc::bad_checksum);
      EXPECT_EQ(read.error().at, 5 * kDigestBlock);
    } else {
      EXPECT_TRUE(is_content(at, out));
    }
  }
  std::vector<std::byte> all(d.size);
  EXPECT_FALSE(read_exactly(d, 0, all));
  // No failure is kept.
  disk.flip(bad);
  ASSERT_TRUE(read_exactly(d, 0, all));
  EXPECT_EQ(all, image().content);
}

TEST(CheckedDevice, ErrorsOfTheDevicePass) {
  changing_device disk(image().content);
  const checked_device checked(disk.handle(), pinned());
  std::array<std::byte, 10> out;
  disk.set_failing(true);
  EXPECT_EQ(read_exactly(checked.view(), 100, out).error().code, errc::unavailable);
  disk.set_failing(false);
  ASSERT_TRUE(read_exactly(checked.view(), 100, out));
  EXPECT_TRUE(is_content(100, out));
}

TEST(CheckedDevice, NeighboursShareABlock) {
  changing_device disk(image().content);
  const checked_device checked(disk.handle(), pinned());
  std::vector<std::byte> out(3000);
  std::uint64_t at = 0;
  for (; at + out.size() <= image().content.size(); at += out.size()) {
    ASSERT_TRUE(read_exactly(checked.view(), at, out));
    ASSERT_TRUE(is_content(at, out));
  }
  EXPECT_EQ(disk.reads(), digest_blocks(at)) << "each block once";
}

TEST(CheckedDevice, ABlockThatChangesIsNeverReturned) {
  changing_device disk(image().content);
  const checked_device checked(disk.handle(), pinned());
  std::array<std::byte, 4> out;
  ASSERT_TRUE(read_exactly(checked.view(), 10, out));
  disk.flip(11);
  ASSERT_TRUE(read_exactly(checked.view(), 10, out)) << "held";
  EXPECT_TRUE(is_content(10, out));
  for (std::uint64_t i = 1; i <= checked_device::kHeld; ++i)
    ASSERT_TRUE(read_exactly(checked.view(), i * kDigestBlock, out));
  EXPECT_FALSE(read_exactly(checked.view(), 10, out)) << "read again, and changed";
}

TEST(CheckedDevice, ManyThreadsRead) {
  changing_device disk(image().content);
  const checked_device checked(disk.handle(), pinned());
  const device d = checked.view();
  std::atomic<bool> ended{false};
  std::atomic<std::size_t> wrong{0};
  std::thread damager([&] {
    for (std::size_t i = 0; !ended; ++i) {
      const std::size_t at = i * 40'009 % image().content.size();
      disk.flip(at);
      disk.flip(at);
    }
  });
  std::vector<std::thread> readers;
  for (unsigned t = 0; t < 4; ++t)
    readers.emplace_back([&, t] {
      std::mt19937 random(t);
      std::vector<std::byte> out;
      for (int i = 0; i < 500; ++i) {
        const std::uint64_t at = random() % d.size;
        out.resize(std::min<std::uint64_t>(d.size - at, random() % 200'000));
        const auto read = read_exactly(d, at, out);
        if (read ? !is_content(at, out) : read.error().code != errc::bad_checksum) ++wrong;
      }
    });
  for (std::thread& r : readers) r.join();
  ended = true;
  damager.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(CheckedDevice, MovingKeepsTheView) {
  changing_device disk(image().content);
  checked_device first(disk.handle(), pinned());
  const device d = first.view();
  const checked_device second(std::move(first));
  std::array<std::byte, 4> out;
  ASSERT_TRUE(read_exactly(d, 10, out));
  EXPECT_TRUE(is_content(10, out));
  EXPECT_EQ(second.digests().digest(), image().made.digest);
}

}  // namespace
}  // namespace docteur
