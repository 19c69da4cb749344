#pragma once
// A device in memory for tests of what lies above a slow one: counts what is read of each block, fails when told to,
// and takes its time.

#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "object/device.hpp"

namespace docteur {

class slow_device {
 public:
  static constexpr std::uint64_t kBlock = 64 << 10;

  // `size` bytes that differ from block to block and from seed to seed.
  explicit slow_device(std::size_t size, unsigned seed = 1) : content_(size), reads_of_(size / kBlock + 1) {
    std::minstd_rand random(seed);
    for (std::byte& b : content_) b = static_cast<std::byte>(random() >> 8);
  }
  [[nodiscard]] device view() noexcept {
    device d;
    d.self = this;
    d.size = content_.size();
    d.read = [](void* self, std::uint64_t at, mutable_bytes out) noexcept {
      return static_cast<slow_device*>(self)->read(at, out);
    };
    return d;
  }
  [[nodiscard]] bytes content() const noexcept { return content_; }
  [[nodiscard]] std::string part(std::uint64_t at, std::size_t n) const {
    return std::string(as_text(content()).substr(at, n));
  }

  std::atomic<bool> fails = false;              // with errc::unavailable
  std::atomic<std::uint64_t> fails_at = ~0ull;  // reads of this byte fail with errc::io
  std::chrono::microseconds delay{0};           // of each read
  std::atomic<unsigned> reads = 0;
  std::atomic<std::uint64_t> most = 0;  // bytes of the largest read
  // How often the block was read.
  [[nodiscard]] unsigned reads_of(std::uint64_t block) const { return reads_of_[block]; }

 private:
  result<done> read(std::uint64_t at, mutable_bytes out) noexcept {
    ++reads;
    most = std::max<std::uint64_t>(most, out.size());
    if (delay.count() > 0) std::this_thread::sleep_for(delay);
    if (fails) return fail(errc::unavailable, at, "the device below is away");
    if (fails_at >= at && fails_at < at + out.size()) return fail(errc::io, fails_at, "the device below is broken");
    std::memcpy(out.data(), content_.data() + at, out.size());
    for (std::uint64_t b = at / kBlock; b * kBlock < at + out.size(); ++b) ++reads_of_[b];
    return done{};
  }

  std::vector<std::byte> content_;
  std::vector<std::atomic<unsigned>> reads_of_;
};

// What the device gives for a range; empty if it fails.
inline std::string read_text(const device& from, std::uint64_t at, std::size_t n) {
  std::string text(n, '\0');
  const auto read = read_exactly(from, at, std::as_writable_bytes(std::span(text)));
  return read ? text : std::string();
}

}  // namespace docteur
