#pragma once
// A virtio network device (virtio 1.1, 5.1): frames in and out. What arrives is lent from the receive ring until the
// next frame is asked for; what is sent goes out from where it is and is given back when the device is done with it.

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
  // nullptr when the device refuses.
  [[nodiscard]] static std::unique_ptr<virtio_net> open(std::unique_ptr<virtio_transport> t);
  ~virtio_net();
  virtio_net(const virtio_net&) = delete;
  virtio_net& operator=(const virtio_net&) = delete;

  [[nodiscard]] const std::array<std::uint8_t, 6>& mac() const { return mac_; }
  [[nodiscard]] bool has_link();
  // Whether the host vouches for checksums, or will fill them in.
  [[nodiscard]] bool receives_checked() const { return receives_checked_; }

  // The next frame that has arrived, until the next call; empty when there is none.
  [[nodiscard]] bytes receive();
  [[nodiscard]] bool has_frame() const { return receive_->has_completion(); }

  // Bytes in front of a frame that are the device's, as long as the frame is.
  [[nodiscard]] std::size_t header_size() const { return header_; }
  // Sends header_size() bytes, which it fills in, and the frame behind them. They stay as they are until they are given
  // back through `done`, the function of on_sent(). False when the device takes none for 100 ms: the frame is lost, and
  // still the caller's.
  [[nodiscard]] bool send(mutable_bytes header_and_frame, void* owner);
  void on_sent(void (*done)(void* owner)) { done_ = done; }
  void reap();                                                          // gives back what was sent by now
  [[nodiscard]] std::size_t unsent() const { return send_->untold(); }  // frames since flush()
  void flush();  // what was sent goes out, and what was received makes room

  // Before a wait: true when an interrupt will tell of the next frame and none is there now.
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
  bool one_part_ = true;  // header and frame may be one part
  std::size_t header_ = kMostHeader;
  std::vector<buffer> receive_buffers_;
  std::vector<void*> owners_;        // of frames that are being sent, by slot
  std::vector<std::uint32_t> free_;  // slots of owners_
  void (*done_)(void*) = nullptr;
  std::uint32_t taken_ = kNone;  // slot of the frame that receive() gave out
  counters count_;
};

}  // namespace docteur::cache_vm::pvh
