// A split queue and its drivers, with a device that violates the protocol.

#include <gtest/gtest.h>

#include <set>

#include "guest/host_disk.hpp"
#include "unikernel-example/platform/pvh/virtio_net.hpp"
#include "unikernel-example/platform/pvh/virtqueue.hpp"

namespace docteur::cache_vm::pvh {
namespace {

struct queue_of_8 {
  queue_of_8() : queue(virtqueue::make(transport, 0, 8)), device(transport.queues[0]) {}
  [[nodiscard]] bool offer(std::uint32_t token) {
    const std::array<virtqueue::part, 2> parts{virtqueue::part{memory, 10, false}, virtqueue::part{memory, 100, true}};
    return queue->add(parts, token);
  }
  std::byte memory[128] = {};
  host_transport transport{virtio_kind::block};
  std::unique_ptr<virtqueue> queue;
  device_side device;
};

TEST(Virtqueue, ChainsAreWhatTheSpecificationSays) {
  queue_of_8 q;
  ASSERT_TRUE(q.offer(7));
  EXPECT_EQ(q.device.offered(), 0);  // not before kick()
  q.queue->kick();
  EXPECT_EQ(q.device.offered(), 1);
  EXPECT_EQ(q.transport.notified, 1);
  const auto first = q.device.describe(q.device.head(0));
  EXPECT_EQ(first.flags, 1);  // VIRTQ_DESC_F_NEXT
  EXPECT_EQ(first.length, 10u);
  EXPECT_EQ(first.address, reinterpret_cast<std::uint64_t>(q.memory));
  const auto second = q.device.describe(first.next);
  EXPECT_EQ(second.flags, 2);  // VIRTQ_DESC_F_WRITE
  EXPECT_EQ(second.length, 100u);
}

TEST(Virtqueue, GoesRoundInAnyOrder) {
  queue_of_8 q;
  std::uint32_t next = 0;
  std::set<std::uint32_t> out;
  std::uint16_t seen = 0;
  std::vector<std::uint16_t> heads;
  for (int round = 0; round < 70'000; ++round) {  // the 16-bit indices wrap
    while (q.offer(next)) out.insert(next++);
    EXPECT_EQ(out.size(), 4u);
    q.queue->kick();
    while (seen != q.device.offered()) heads.push_back(q.device.head(seen++));
    // The last comes back first.
    q.device.finish(heads.back(), 50);
    heads.pop_back();
    const auto c = q.queue->take();
    ASSERT_TRUE(c);
    EXPECT_EQ(c->length, 50u);
    ASSERT_EQ(out.erase(c->token), 1u);
    ASSERT_FALSE(q.queue->take());
  }
  EXPECT_FALSE(q.queue->is_broken());
}

template <class Lie>
void is_broken_by(Lie lie) {
  queue_of_8 q;
  ASSERT_TRUE(q.offer(1) && q.offer(2));
  q.queue->kick();
  lie(q.device, q.device.head(0));
  const auto c = q.queue->take();
  EXPECT_TRUE(!c || !q.queue->take());  // the first of two may have been good
  EXPECT_TRUE(q.queue->is_broken());
  EXPECT_FALSE(q.queue->has_completion());
  EXPECT_FALSE(q.offer(3));
}

TEST(Virtqueue, BreaksWhenTheDeviceLies) {
  is_broken_by([](const device_side& d, std::uint16_t) { d.finish(8, 0); });           // no such descriptor
  is_broken_by([](const device_side& d, std::uint16_t) { d.finish(0xffffffff, 0); });  //
  is_broken_by([](const device_side& d, std::uint16_t head) { d.finish(d.describe(head).next, 0); });  // not a head
  is_broken_by([](const device_side& d, std::uint16_t) { d.finish(7, 0); });                           // not in flight
  is_broken_by([](const device_side& d, std::uint16_t head) { d.finish(head, 101); });                 // too long
  is_broken_by([](const device_side& d, std::uint16_t head) { d.finish(head, 0xffffffff); });
  is_broken_by([](const device_side& d, std::uint16_t head) {  // the same twice
    d.finish(head, 1);
    d.finish(head, 1);
  });
  is_broken_by([](const device_side& d, std::uint16_t head) {  // more than there is
    d.put_used(0, head, 1);
    d.set_used_index(9);
  });
}

TEST(Virtqueue, WhatTheDeviceWritesOverItsDescriptorsDoesNotCount) {
  queue_of_8 q;
  ASSERT_TRUE(q.offer(1));
  q.queue->kick();
  const std::uint16_t head = q.device.head(0);
  std::memset(reinterpret_cast<void*>(q.transport.queues[0].descriptors), 0xff, 8 * 16);
  q.device.finish(head, 100);
  const auto c = q.queue->take();
  ASSERT_TRUE(c);
  EXPECT_EQ(c->token, 1u);
  std::uint32_t n = 0;
  while (q.offer(n)) ++n;
  EXPECT_EQ(n, 4u);  // none was lost
}

TEST(Virtqueue, SizesAreThePowerOfTwoBelow) {
  for (const auto& [limit, size] : {std::pair<std::uint16_t, std::uint16_t>{0, 0}, {1, 1}, {3, 2}, {100, 8}}) {
    host_transport t(virtio_kind::block);
    t.limit = limit;
    const auto q = virtqueue::make(t, 0, 8);
    EXPECT_EQ(q != nullptr ? q->size() : 0, size);
  }
}

struct network_here {
  network_here() {
    auto t = std::make_unique<host_transport>(virtio_kind::network);
    t->config = {0x52, 0x54, 0, 1, 2, 3, 1, 0};
    transport = t.get();
    device = virtio_net::open(std::move(t));
    device->on_sent([](void* count) { ++*static_cast<int*>(count); });
  }
  host_transport* transport;
  std::unique_ptr<virtio_net> device;
};

TEST(NetworkDevice, GivesBackWhatWasSent) {
  int given_back = 0;  // the device gives back what it still has when it ends
  network_here n;
  std::vector<std::byte> frame(n.device->header_size() + 60, std::byte{1});
  ASSERT_TRUE(n.device->send(frame, &given_back));
  n.device->flush();
  const device_side queue(n.transport->queues[1]);
  ASSERT_EQ(queue.offered(), 1);
  EXPECT_EQ(queue.describe(queue.head(0)).length, frame.size());
  for (std::size_t i = 0; i < n.device->header_size(); ++i) EXPECT_EQ(frame[i], std::byte{0}) << i;
  n.device->reap();
  EXPECT_EQ(given_back, 0);
  queue.finish(queue.head(0), 0);
  n.device->reap();
  EXPECT_EQ(given_back, 1);
  ASSERT_TRUE(n.device->send(frame, &given_back));
  n.device.reset();  // a reset gives back the frames that the device still had
  EXPECT_EQ(given_back, 2);
}

TEST(NetworkDevice, LosesFramesWhenTheDeviceTakesNone) {
  int given_back = 0;  // the device gives back what it still has when it ends
  network_here n;
  std::vector<std::byte> frame(n.device->header_size() + 60);
  int sent = 0;
  while (n.device->send(frame, &given_back)) ++sent;
  EXPECT_EQ(sent, 256);
  EXPECT_EQ(n.device->count().lost, 1u);
  EXPECT_EQ(given_back, 0);
}

TEST(NetworkDevice, FramesEndWhereTheDeviceSays) {
  network_here n;
  const device_side queue(n.transport->queues[0]);
  ASSERT_EQ(queue.offered(), 256);
  const auto arrive = [&](std::uint16_t number, std::uint32_t length) { queue.finish(queue.head(number), length); };
  arrive(0, 12 + 60);
  EXPECT_EQ(n.device->receive().size(), 60u);
  arrive(1, 12 + 1514);
  EXPECT_EQ(n.device->receive().size(), 1514u);
  arrive(2, 11);  // not even a header
  EXPECT_TRUE(n.device->receive().empty());
  arrive(3, 12);
  EXPECT_TRUE(n.device->receive().empty());
  EXPECT_FALSE(n.device->is_broken());
  arrive(4, 12 + 1515);  // longer than what was offered
  EXPECT_TRUE(n.device->receive().empty());
  EXPECT_TRUE(n.device->is_broken());
}

TEST(BlockDisk, ADeviceThatNeverAnswersIsAnError) {
  auto t = std::make_unique<host_transport>(virtio_kind::block);
  t->config.assign(64, 0);
  t->config[0] = 8;   // sectors
  t->config[21] = 2;  // blocks of 512 bytes
  t->features &= ~(std::uint64_t{1} << 1);
  const auto disk = virtio_block::open(std::move(t));
  ASSERT_NE(disk, nullptr);
  const device view = disk->view();
  EXPECT_EQ(view.size, 4096u);
  std::array<std::byte, 100> out;
  for (int i = 0; i < 2; ++i) {
    const auto read = view.read(view.self, 10, out);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::unavailable);
  }
  const auto past = view.read(view.self, 4000, out);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, errc::io);
}

TEST(BlockDisk, OddBlockSizesAreRefused) {
  for (const std::uint32_t size : {0u, 1u, 256u, 513u, 3072u, 131072u, 0xffffffffu}) {
    auto t = std::make_unique<host_transport>(virtio_kind::block);
    t->config.assign(64, 0);
    for (std::size_t i = 0; i < 4; ++i) t->config[20 + i] = static_cast<std::uint8_t>(size >> 8 * i);
    EXPECT_EQ(virtio_block::open(std::move(t)), nullptr) << size;
  }
}

TEST(BlockDisk, AnyRangeIsWhatLiesThere) {
  const std::vector<std::byte> content = numbered(700 * 512);
  for (const std::uint32_t block : {512u, 4096u, 32768u, 65536u}) {
    for (const std::optional<std::uint32_t> segments : {std::optional<std::uint32_t>(), {0}, {1}, {2}, {3}, {126}}) {
      for (const std::optional<std::uint32_t> most : {std::optional<std::uint32_t>(), {65536}, {1u << 20}}) {
        const auto disk = virtio_block::open(std::make_unique<host_disk>(content, block, segments, most));
        ASSERT_NE(disk, nullptr);
        const device view = disk->view();
        ASSERT_EQ(view.size, content.size());
        std::mt19937 dice(2);
        for (int i = 0; i < 100; ++i) {
          const std::size_t at = dice() % content.size();
          const std::size_t size = std::min<std::size_t>(content.size() - at, dice() % (i % 2 == 0 ? 5000 : 200'000));
          std::vector<std::byte> got(size + 1, std::byte{42});
          const auto read = view.read(view.self, at, mutable_bytes(got).first(size));
          ASSERT_TRUE(read) << read.error().what;
          ASSERT_EQ(std::memcmp(got.data(), content.data() + at, size), 0) << block << " " << at << " " << size;
          ASSERT_EQ(got.back(), std::byte{42});
        }
      }
    }
  }
}

TEST(BlockDisk, ALargeReadOffTheBlocksIsOneRequest) {
  auto t = std::make_unique<host_disk>(numbered(1 << 20), 512, 126, std::nullopt);
  const host_disk& played = *t;
  const auto disk = virtio_block::open(std::move(t));
  ASSERT_NE(disk, nullptr);
  const device view = disk->view();
  std::vector<std::byte> out(65'541);
  ASSERT_TRUE(view.read(view.self, 1000, out));
  EXPECT_EQ(played.requests(), 1);
}

}  // namespace
}  // namespace docteur::cache_vm::pvh
