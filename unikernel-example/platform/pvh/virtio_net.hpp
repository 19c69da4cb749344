#pragma once
// A driver for virtio network devices (virtio 1.1, 5.1). A received frame stays in the receive ring until the next one
// is requested. A sent frame is not copied, and is given back when the device is done with it.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/virtio_transport.hpp"
#include "unikernel-example/platform/pvh/virtqueue.hpp"

namespace docteur::cache_vm::pvh {

inline constexpr std::size_t kFrame = 1514;  // bytes of an Ethernet frame, without its checksum

class virtio_net {
 public:
  // nullptr when the device cannot be set up.
  [[nodiscard]] static std::unique_ptr<virtio_net> open(std::unique_ptr<virtio_transport> t);
  ~virtio_net();
  virtio_net(const virtio_net&) = delete;
  virtio_net& operator=(const virtio_net&) = delete;

  [[nodiscard]] const std::array<std::uint8_t, 6>& mac() const { return mac_; }
  [[nodiscard]] bool has_link();
  // Whether the host has checked the checksums of received frames, or made the frames itself.
  [[nodiscard]] bool receives_checked() const { return receives_checked_; }

  // The next received frame, valid until the next call; empty when there is none.
  [[nodiscard]] bytes receive();
  [[nodiscard]] bool has_frame() const { return receive_->has_completion(); }

  // Bytes in front of a frame that the device's header takes.
  [[nodiscard]] std::size_t header_size() const { return header_; }
  // Fills in the first header_size() bytes and sends the frame behind them. The memory must stay unchanged until it is
  // given back through the function of on_sent(). False when the device accepts no frame for 100 ms: the frame is lost,
  // and stays with the caller.
  [[nodiscard]] bool send(mutable_bytes header_and_frame, void* owner);
  void on_sent(void (*done)(void* owner)) { done_ = done; }
  void reap();                                                               // gives back frames that were sent
  [[nodiscard]] std::size_t unsent() const { return send_->unannounced(); }  // frames since flush()
  void flush();  // notifies the device of frames to send, and of free receive buffers

  // To be called before a wait: true when no frame is there, and an interrupt will announce the next one.
  [[nodiscard]] bool prepare_to_wait();
  void after_wait();

  struct counters {
    std::uint64_t received = 0, sent = 0;              // frames
    std::uint64_t received_bytes = 0, sent_bytes = 0;  // of frames
    std::uint64_t lost = 0;                            // frames that could not be sent
  };
  [[nodiscard]] const counters& count() const { return count_; }
  [[nodiscard]] bool is_broken() const { return receive_->is_broken() || send_->is_broken(); }

 private:
  static constexpr std::uint16_t kSlots = 256;
  static constexpr std::size_t kMostHeader = 12;
  static constexpr std::uint32_t kNone = ~0u;

  using buffer = std::array<std::byte, 1528>;  // kMostHeader + kFrame, rounded up

  explicit virtio_net(std::unique_ptr<virtio_transport> t) : transport_(std::move(t)) {}
  [[nodiscard]] bool start();
  [[nodiscard]] bool offer(std::uint32_t slot);

  std::unique_ptr<virtio_transport> transport_;
  std::unique_ptr<virtqueue> receive_;
  std::unique_ptr<virtqueue> send_;
  std::array<std::uint8_t, 6> mac_{};
  bool has_status_ = false;
  bool receives_checked_ = false;
  bool has_interrupts_ = false;
  bool one_part_ = true;  // header and frame may share a descriptor
  std::size_t header_ = kMostHeader;
  std::vector<buffer> receive_buffers_;
  std::vector<void*> owners_;        // of frames being sent, by slot
  std::vector<std::uint32_t> free_;  // slots of owners_
  void (*done_)(void*) = nullptr;
  std::uint32_t taken_ = kNone;  // slot of the frame that receive() returned
  counters count_;
};

}  // namespace docteur::cache_vm::pvh
