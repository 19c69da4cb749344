#pragma once
// A virtio block device on the host side of a queue, for tests of its driver.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include "guest/host_machine.hpp"
#include "unikernel-example/platform/pvh/virtio_block.hpp"

namespace docteur::cache_vm::pvh {

// A disk that answers at once, or when it is told to, and is as strict as the specification allows.
class host_disk final : public host_transport {
 public:
  host_disk(std::vector<std::byte> content, std::uint32_t block, std::optional<std::uint32_t> segments,
            std::optional<std::uint32_t> most)
      : host_transport(virtio_kind::block), content_(std::move(content)), segments_(segments), most_(most) {
    config.assign(64, 0);
    const auto put = [this](std::size_t at, std::uint64_t v, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i) config[at + i] = static_cast<std::uint8_t>(v >> 8 * i);
    };
    put(0, content_.size() / 512, 8);
    put(8, most.value_or(0xdead), 4);
    put(12, segments.value_or(0xdead), 4);
    put(20, block, 4);
    if (!most) features &= ~(std::uint64_t{1} << 1);
    if (!segments) features &= ~(std::uint64_t{1} << 2);
  }

  void notify(std::uint16_t) override {
    if (!holds) serve_all();
  }
  void serve_all() {
    const device_side device(queues[0]);
    while (seen_ != device.offered()) serve(device, device.head(seen_++));
  }
  [[nodiscard]] std::vector<std::byte>& content() { return content_; }
  [[nodiscard]] int requests() const { return requests_; }

  bool holds = false;       // answers only serve_all()
  std::uint8_t status = 0;  // of each request

 private:
  void serve(const device_side& device, std::uint16_t head) {
    ++requests_;
    std::vector<device_side::descriptor> chain{device.describe(head)};
    while ((chain.back().flags & 1) != 0) chain.push_back(device.describe(chain.back().next));
    ASSERT_GE(chain.size(), 3u);
    ASSERT_LE(chain.size() - 2, std::max(segments_.value_or(1), 1u));
    ASSERT_EQ(chain.front().length, 16u);
    ASSERT_EQ(chain.back().length, 1u);
    std::uint64_t sector = 0;
    std::memcpy(&sector, reinterpret_cast<const std::byte*>(chain.front().address) + 8, sizeof sector);
    std::uint64_t at = sector * 512;
    for (std::size_t i = 1; i + 1 < chain.size(); ++i) {
      const device_side::descriptor& d = chain[i];
      ASSERT_EQ(d.flags & 2, 2);
      ASSERT_LE(d.length, most_.value_or(~0u));
      ASSERT_LE(d.length, content_.size() - at);
      std::memcpy(reinterpret_cast<void*>(d.address), content_.data() + at, d.length);
      at += d.length;
    }
    ASSERT_EQ((at - sector * 512) % 512, 0u);
    *reinterpret_cast<std::byte*>(chain.back().address) = std::byte{status};
    device.finish(head, static_cast<std::uint32_t>(at - sector * 512 + 1));
  }

  std::vector<std::byte> content_;
  std::optional<std::uint32_t> segments_, most_;
  std::uint16_t seen_ = 0;
  int requests_ = 0;
};

inline std::vector<std::byte> numbered(std::size_t size) {
  std::vector<std::byte> all(size);
  std::mt19937 dice(1);
  for (std::byte& b : all) b = static_cast<std::byte>(dice());
  return all;
}

}  // namespace docteur::cache_vm::pvh
