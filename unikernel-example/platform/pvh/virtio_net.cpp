#include "unikernel-example/platform/pvh/virtio_net.hpp"

#include <cstring>
#include <utility>

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// 5.1.3
constexpr std::uint64_t kGuestCsum = 1u << 1;
constexpr std::uint64_t kMac = 1u << 5;
constexpr std::uint64_t kStatus = 1u << 16;
// 5.1.4: struct virtio_net_config
constexpr std::uint32_t kConfigMac = 0;
constexpr std::uint32_t kConfigStatus = 6;
constexpr std::uint16_t kLinkUp = 1;

}  // namespace

std::unique_ptr<virtio_net> virtio_net::open(std::unique_ptr<virtio_transport> t) {
  std::unique_ptr<virtio_net> d(new virtio_net(std::move(t)));
  if (d->start()) return d;
  d->transport_->give_up();
  return nullptr;
}

virtio_net::~virtio_net() {
  if (transport_->reset()) {
    for (void* owner : owners_)
      if (owner != nullptr) done_(owner);
    return;
  }
  static_cast<void>(receive_.release());  // the device may still write to this memory, so it is not reused
  static_cast<void>(send_.release());
  static_cast<void>(new std::vector<buffer>(std::move(receive_buffers_)));
}

bool virtio_net::start() {
  const auto features = transport_->negotiate(kGuestCsum | kMac | kStatus | kAnyLayout);
  if (!features) return false;
  has_status_ = (*features & kStatus) != 0;
  receives_checked_ = (*features & kGuestCsum) != 0;
  header_ = transport_->is_modern() ? 12 : 10;  // 5.1.6: a legacy header without merged buffers is shorter
  one_part_ = transport_->is_modern() || (*features & kAnyLayout) != 0;
  if ((*features & kMac) != 0) {
    for (std::uint32_t i = 0; i < mac_.size(); ++i) mac_[i] = transport_->config8(kConfigMac + i);
  } else {
    mac_ = {0x02, 0x64, 0x6f, 0x63, 0x74, 0x65};  // locally administered
  }
  has_interrupts_ = transport_->enable_interrupts();
  const std::uint16_t parts = one_part_ ? 1 : 2;
  receive_ = virtqueue::make(*transport_, 0, static_cast<std::uint16_t>(kSlots * parts));
  send_ = virtqueue::make(*transport_, 1, static_cast<std::uint16_t>(kSlots * parts));
  if (receive_ == nullptr || send_ == nullptr) return false;
  receive_buffers_.resize(receive_->size() / parts);
  owners_.resize(send_->size() / parts);
  for (std::uint32_t i = 0; i < receive_buffers_.size(); ++i)
    if (!offer(i)) return false;
  for (std::uint32_t i = 0; i < owners_.size(); ++i) free_.push_back(i);
  transport_->ready();
  receive_->kick();
  return true;
}

bool virtio_net::has_link() { return !has_status_ || (transport_->config16(kConfigStatus) & kLinkUp) != 0; }

bool virtio_net::offer(std::uint32_t slot) {
  std::byte* const begin = receive_buffers_[slot].data() + (kMostHeader - header_);
  const auto header = static_cast<std::uint32_t>(header_);
  const auto frame = static_cast<std::uint32_t>(kFrame);
  const std::array<virtqueue::part, 2> two{virtqueue::part{begin, header, true},
                                           virtqueue::part{begin + header_, frame, true}};
  const std::array<virtqueue::part, 1> one{virtqueue::part{begin, header + frame, true}};
  return one_part_ ? receive_->add(one, slot) : receive_->add(two, slot);
}

bytes virtio_net::receive() {
  if (taken_ != kNone) static_cast<void>(offer(std::exchange(taken_, kNone)));  // its descriptors are free by now
  const auto c = receive_->take();
  if (!c) return {};
  taken_ = c->token;
  if (c->length < header_) return {};
  const std::size_t size = c->length - header_;
  ++count_.received;
  count_.received_bytes += size;
  return bytes{receive_buffers_[taken_]}.subspan(kMostHeader, size);
}

void virtio_net::reap() {
  while (const auto c = send_->take()) {
    done_(std::exchange(owners_[c->token], nullptr));
    free_.push_back(c->token);
  }
}

bool virtio_net::send(mutable_bytes header_and_frame, void* owner) {
  if (free_.empty()) reap();
  if (free_.empty()) {
    flush();
    constexpr std::uint64_t kPatience = 100'000'000;
    for (const std::uint64_t begin = monotonic_ns(); free_.empty(); reap()) {
      if (send_->is_broken() || monotonic_ns() - begin > kPatience) {
        ++count_.lost;
        return false;
      }
      pause();
    }
  }
  std::memset(header_and_frame.data(), 0, header_);  // requests no offload
  const auto header = static_cast<std::uint32_t>(header_);
  const auto frame = static_cast<std::uint32_t>(header_and_frame.size() - header_);
  const std::array<virtqueue::part, 2> two{virtqueue::part{header_and_frame.data(), header, false},
                                           virtqueue::part{header_and_frame.data() + header_, frame, false}};
  const std::array<virtqueue::part, 1> one{virtqueue::part{header_and_frame.data(), header + frame, false}};
  if (!(one_part_ ? send_->add(one, free_.back()) : send_->add(two, free_.back()))) {
    ++count_.lost;
    return false;
  }
  owners_[free_.back()] = owner;
  free_.pop_back();
  ++count_.sent;
  count_.sent_bytes += frame;
  return true;
}

void virtio_net::flush() {
  send_->kick();
  receive_->kick();
}

bool virtio_net::prepare_to_wait() {
  if (!has_interrupts_) return false;
  receive_->want_interrupts(true);
  transport_->acknowledge();
  return !receive_->has_completion();
}

void virtio_net::after_wait() { receive_->want_interrupts(false); }

}  // namespace docteur::cache_vm::pvh
