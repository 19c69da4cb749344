#pragma once
// A split virtqueue (virtio 1.1, 2.6). The device writes only the used ring, which is untrusted: an id that is not in
// flight, or a length beyond what was offered, breaks the queue for good.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "unikernel-example/platform/pvh/virtio_transport.hpp"

namespace docteur::cache_vm::pvh {

class virtqueue {
 public:
  struct part {
    const void* at;
    std::uint32_t size;  // bytes
    bool device_writes;
  };
  struct completion {
    std::uint32_t token;   // of add()
    std::uint32_t length;  // bytes that the device wrote
  };

  // Queue `index` of a device between negotiate() and ready(), with at most `size` descriptors. nullptr when the device
  // has no such queue. `t` must outlive it; the device must be reset before it is destroyed.
  [[nodiscard]] static std::unique_ptr<virtqueue> make(virtio_transport& t, std::uint16_t index, std::uint16_t size);

  [[nodiscard]] std::uint16_t size() const { return size_; }
  [[nodiscard]] bool is_broken() const { return broken_; }

  // Offers a chain: first the parts that the device reads, then those that it writes. False when too few descriptors
  // are free. kick() notifies the device.
  [[nodiscard]] bool add(std::span<const part> parts, std::uint32_t token);
  [[nodiscard]] std::uint16_t unannounced() const {
    return static_cast<std::uint16_t>(available_idx_ - announced_idx_);
  }
  void kick();  // notifies the device of added chains

  // The next chain that the device is done with; their order may differ from that of add().
  [[nodiscard]] std::optional<completion> take();
  [[nodiscard]] bool has_completion() const;

  // Whether the device should interrupt when it is done with a chain. After `true`, the caller must check
  // has_completion() once more.
  void want_interrupts(bool yes);

 private:
  struct descriptor {  // 2.6.5
    std::uint64_t address;
    std::uint32_t length;
    std::uint16_t flags;
    std::uint16_t next;
  };
  struct used_element {  // 2.6.8
    std::uint32_t id;
    std::uint32_t length;
  };
  struct chain {  // outside the shared memory, which the device could change
    std::uint32_t token = 0;
    std::uint32_t writable = 0;  // bytes
    std::uint16_t count = 0;     // descriptors; 0: not in flight
  };
  struct free_memory {
    void operator()(std::byte* p) const { std::free(p); }
  };

  virtqueue(virtio_transport& t, std::uint16_t index, std::uint16_t size) : transport_(t), index_(index), size_(size) {}

  virtio_transport& transport_;
  std::uint16_t index_;
  std::uint16_t size_;
  bool broken_ = false;
  std::unique_ptr<std::byte[], free_memory> memory_;
  descriptor* descriptors_ = nullptr;
  volatile std::uint16_t* available_ = nullptr;  // flags, idx, ring[size]
  volatile std::uint16_t* used_ = nullptr;       // flags, idx, then used_element[size]
  const volatile used_element* used_ring_ = nullptr;
  std::uint16_t available_idx_ = 0;
  std::uint16_t announced_idx_ = 0;
  std::uint16_t used_idx_ = 0;
  std::vector<chain> chains_;        // by the id of the first descriptor
  std::vector<std::uint16_t> next_;  // links of chains and of the free list
  std::uint16_t free_ = 0;           // head of the free list
  std::uint16_t free_count_ = 0;
};

}  // namespace docteur::cache_vm::pvh
