#pragma once
// A driver for virtio block devices (virtio 1.1, 5.2), read only.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "object/device.hpp"
#include "unikernel-example/platform/pvh/virtio_transport.hpp"
#include "unikernel-example/platform/pvh/virtqueue.hpp"

namespace docteur::cache_vm::pvh {

class virtio_block {
 public:
  // nullptr when the device cannot be set up.
  [[nodiscard]] static std::unique_ptr<virtio_block> open(std::unique_ptr<virtio_transport> t);
  ~virtio_block();
  virtio_block(const virtio_block&) = delete;
  virtio_block& operator=(const virtio_block&) = delete;

  // With the current size. Valid as long as this object.
  [[nodiscard]] device view() noexcept;

  // Begins to read whole blocks into `into`, which must stay until the function of set_background() was called with
  // `tag`, by any of the functions below. False when no request is free or the device is out of order. kick() follows.
  [[nodiscard]] bool begin(std::uint64_t offset, mutable_bytes into, std::uint64_t tag) noexcept;
  void set_background(std::function<void(std::uint64_t tag, const result<done>& got)> finished) {
    finished_ = std::move(finished);
  }
  void kick() noexcept;
  // Takes what the device has finished. Resets it when it has not answered for 15 s.
  void collect() noexcept;

  // Reads directly into `out`, except partial blocks at its ends, in requests of at most 1 MiB, several at a time.
  // Errors: io, when the device reports one, violates the protocol, or does not answer for 15 s.
  [[nodiscard]] result<done> read(std::uint64_t offset, mutable_bytes out) noexcept;

 private:
  static constexpr std::uint64_t kWaitedFor = ~std::uint64_t{0};
  static constexpr std::uint32_t kRequests = 32;
  static constexpr std::uint32_t kQueue = 128;         // descriptors
  static constexpr std::uint32_t kSegments = 3;        // pieces of memory that one request fills
  static constexpr std::uint32_t kBounce = 64 * 1024;  // bytes

  struct request {  // 5.2.6
    struct {
      std::uint32_t type;
      std::uint32_t reserved;
      std::uint64_t sector;
    } header;
    std::uint8_t status;
  };
  struct piece {  // whole blocks; the pieces of one read are contiguous on the disk
    std::uint64_t offset = 0;
    std::byte* into = nullptr;
    std::uint64_t size = 0;
  };

  explicit virtio_block(std::unique_ptr<virtio_transport> t) : transport_(std::move(t)) {}
  [[nodiscard]] bool start();
  [[nodiscard]] result<done> transfer(std::span<piece> pieces) noexcept;
  [[nodiscard]] bool submit(std::span<piece> pieces, std::uint64_t tag) noexcept;
  [[nodiscard]] const char* fault() const noexcept;
  [[nodiscard]] tl::unexpected<error> start_again(std::uint64_t offset, const char* why) noexcept;

  std::unique_ptr<virtio_transport> transport_;
  std::unique_ptr<virtqueue> queue_;
  bool usable_ = false;
  std::uint64_t size_ = 0;         // bytes
  std::uint32_t block_ = 512;      // bytes; reads are multiples of it
  std::uint32_t most_ = 1u << 20;  // bytes of one request
  std::uint32_t segments_ = 1;     // of one request
  std::array<request, kRequests> requests_{};
  std::array<std::uint64_t, kRequests> tags_{};  // of those in the background; kWaitedFor: read() waits
  std::array<std::uint8_t, kRequests> free_{};
  std::uint32_t free_count_ = 0;
  std::uint32_t requests_in_use_ = 0;  // of requests_
  std::uint32_t in_flight_ = 0;        // of those that read() waits for
  std::uint32_t background_ = 0;       // and of the others
  std::uint64_t resets_ = 0;
  bool failed_ = false;            // one of those that read() waits for
  std::uint64_t last_answer_ = 0;  // monotonic ns; or when there was nothing to answer
  std::function<void(std::uint64_t, const result<done>&)> finished_;
  std::unique_ptr<std::byte[]> bounce_;
};

}  // namespace docteur::cache_vm::pvh
