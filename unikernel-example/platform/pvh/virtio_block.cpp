#include "unikernel-example/platform/pvh/virtio_block.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"
#include "unikernel-example/platform/pvh/interrupts.hpp"

namespace docteur::cache_vm::pvh {
namespace {

// 5.2.3
constexpr std::uint64_t kSizeMax = 1u << 1;
constexpr std::uint64_t kSegMax = 1u << 2;
constexpr std::uint64_t kBlkSize = 1u << 6;
// 5.2.4: struct virtio_blk_config
constexpr std::uint32_t kConfigCapacity = 0;
constexpr std::uint32_t kConfigSizeMax = 8;
constexpr std::uint32_t kConfigSegMax = 12;
constexpr std::uint32_t kConfigBlkSize = 20;

constexpr std::uint32_t kTypeIn = 0;        // VIRTIO_BLK_T_IN
constexpr std::uint8_t kStatusOk = 0;       // VIRTIO_BLK_S_OK
constexpr std::uint8_t kStatusNone = 0xff;  // overwritten by the device
constexpr std::uint32_t kSector = 512;
constexpr std::uint32_t kLargestBlock = 64 * 1024;

constexpr std::uint64_t kPatience = 15'000'000'000;  // ns without an answer
constexpr std::uint64_t kSpin = 300'000;             // ns of polling before the processor sleeps
constexpr std::uint64_t kNap = 200'000;              // ns

}  // namespace

std::unique_ptr<virtio_block> virtio_block::open(std::unique_ptr<virtio_transport> t) {
  std::unique_ptr<virtio_block> d(new virtio_block(std::move(t)));
  d->bounce_ = std::make_unique<std::byte[]>(kBounce);
  if (!d->start()) {
    d->transport_->give_up();
    return nullptr;
  }
  return d;
}

virtio_block::~virtio_block() {
  // A device that does not reset may still write to the queue, so that memory is not reused.
  if (!transport_->reset()) static_cast<void>(queue_.release());
}

bool virtio_block::start() {
  usable_ = false;
  const auto features = transport_->negotiate(kSizeMax | kSegMax | kBlkSize);
  if (!features) return false;
  queue_ = virtqueue::make(*transport_, 0, kQueue);
  if (queue_ == nullptr || queue_->size() < 4) return false;
  block_ = (*features & kBlkSize) != 0 ? transport_->config32(kConfigBlkSize) : kSector;
  if (block_ < kSector || block_ > kLargestBlock || !std::has_single_bit(block_)) return false;
  most_ = 1u << 20;
  if ((*features & kSizeMax) != 0) most_ = std::min(most_, transport_->config32(kConfigSizeMax));
  most_ = std::max(most_ / block_ * block_, block_);
  segments_ = (*features & kSegMax) != 0 ? std::clamp(transport_->config32(kConfigSegMax), 1u, kSegments) : 1;
  if (queue_->size() < segments_ + 2u) segments_ = 1;
  free_count_ = std::min<std::uint32_t>(kRequests, queue_->size() / (segments_ + 2u));
  requests_in_use_ = free_count_;
  for (std::uint32_t i = 0; i < free_count_; ++i) free_[i] = static_cast<std::uint8_t>(i);
  transport_->ready();
  usable_ = true;
  return true;
}

device virtio_block::view() noexcept {
  const std::uint64_t sectors = transport_->config64(kConfigCapacity);
  size_ = sectors <= ~std::uint64_t{0} / kSector ? sectors * kSector : 0;
  device d;
  d.self = this;
  d.size = size_;
  d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    return static_cast<virtio_block*>(self)->read(offset, out);
  };
  return d;
}

result<done> virtio_block::read(std::uint64_t offset, mutable_bytes out) noexcept {
  if (out.empty()) return done{};
  if (offset > size_ || out.size() > size_ - offset) return fail(errc::io, offset, "the disk is shorter than that");
  const std::uint64_t end = offset + out.size();
  const std::uint64_t first = offset / block_ * block_;
  const std::uint64_t last = std::min(round_up(end, block_), size_);
  if (first == offset && last == end) {
    std::array<piece, 1> all{piece{offset, out.data(), out.size()}};
    return transfer(all);
  }
  // Short reads go through the bounce buffer, and so do those that would take three requests.
  if (last - first <= (segments_ < kSegments ? kBounce : std::min(kBounce, 2 * block_))) {
    std::array<piece, 1> all{piece{first, bounce_.get(), last - first}};
    DOCTEUR_CHECK(transfer(all));
    std::memcpy(out.data(), bounce_.get() + (offset - first), out.size());
    return done{};
  }
  // Head and tail, a block each, go through the bounce buffer, the rest directly. If two blocks exceed the buffer, the
  // parts are read one after the other.
  const std::uint64_t direct_begin = round_up(offset, block_);
  const std::uint64_t direct_end = end / block_ * block_;
  const std::size_t head = static_cast<std::size_t>(direct_begin - offset);
  const std::size_t tail = static_cast<std::size_t>(end - direct_end);
  if (2 * block_ > kBounce) {
    DOCTEUR_CHECK(read(offset, out.first(head)));
    DOCTEUR_CHECK(read(direct_begin, out.subspan(head, out.size() - head - tail)));
    return read(direct_end, out.last(tail));
  }
  std::byte* const tail_at = bounce_.get() + block_;
  std::array<piece, 3> all{piece{first, bounce_.get(), head > 0 ? block_ : 0u},
                           piece{direct_begin, out.data() + head, direct_end - direct_begin},
                           piece{direct_end, tail_at, tail > 0 ? last - direct_end : 0}};
  DOCTEUR_CHECK(transfer(all));
  if (head > 0) std::memcpy(out.data(), bounce_.get() + (offset - first), head);
  if (tail > 0) std::memcpy(out.data() + out.size() - tail, tail_at, tail);
  return done{};
}

// Submits one request for the front of `pieces`, the first of which is not empty, and removes that part. False when no
// request or descriptor is free.
bool virtio_block::submit(std::span<piece> pieces, std::uint64_t tag) noexcept {
  if (free_count_ == 0) return false;
  const std::uint8_t slot = free_[free_count_ - 1];
  request& r = requests_[slot];
  r.header = {kTypeIn, 0, pieces.front().offset / kSector};
  r.status = kStatusNone;
  std::array<virtqueue::part, kSegments + 2> parts;
  std::uint32_t count = 0;
  std::uint32_t total = 0;
  parts[count++] = {&r.header, sizeof r.header, false};
  for (const piece& p : pieces) {
    const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(p.size, most_ - total));
    if (n == 0) continue;
    parts[count++] = {p.into, n, true};
    total += n;
    if (count > segments_ || n < p.size) break;
  }
  parts[count++] = {&r.status, 1, true};
  if (!queue_->add(std::span(parts).first(count), slot)) return false;
  tags_[slot] = tag;
  if (in_flight_ + background_ == 0) last_answer_ = monotonic_ns();
  ++(tag == kWaitedFor ? in_flight_ : background_);
  --free_count_;
  for (piece& p : pieces) {
    const std::uint64_t n = std::min<std::uint64_t>(p.size, total);
    p.offset += n;
    p.into += n;
    p.size -= n;
    total -= static_cast<std::uint32_t>(n);
  }
  return true;
}

bool virtio_block::begin(std::uint64_t offset, mutable_bytes into, std::uint64_t tag) noexcept {
  if (!usable_ || into.size() > most_) return false;
  std::array<piece, 1> all{piece{offset, into.data(), into.size()}};
  return submit(all, tag);
}

void virtio_block::kick() noexcept {
  if (usable_ && queue_->unannounced() > 0) queue_->kick();
}

void virtio_block::collect() noexcept {
  if (const char* const why = fault()) {
    static_cast<void>(start_again(0, why));
    return;
  }
  while (const auto c = usable_ ? queue_->take() : std::nullopt) {
    last_answer_ = monotonic_ns();
    free_[free_count_++] = static_cast<std::uint8_t>(c->token);
    const bool is_good = requests_[c->token].status == kStatusOk;
    if (tags_[c->token] == kWaitedFor) {
      --in_flight_;
      failed_ = failed_ || !is_good;
      continue;
    }
    --background_;
    const std::uint64_t at = requests_[c->token].header.sector * kSector;
    finished_(tags_[c->token], is_good ? result<done>(done{}) : fail(errc::io, at, "the disk reports an error"));
  }
}

// Why the device is out of order; nullptr: it is not.
const char* virtio_block::fault() const noexcept {
  if (in_flight_ + background_ == 0) return nullptr;
  if (queue_->is_broken()) return "the disk violates its protocol";
  return monotonic_ns() - last_answer_ > kPatience ? "the disk does not answer" : nullptr;
}

result<done> virtio_block::transfer(std::span<piece> pieces) noexcept {
  const std::uint64_t at = pieces.front().offset;
  if (!usable_ && !start()) return fail(errc::io, at, "the disk does not answer");
  failed_ = false;
  last_answer_ = monotonic_ns();
  const std::uint64_t resets = resets_;
  for (;;) {
    while (!failed_ && !pieces.empty()) {
      if (pieces.front().size == 0) {
        pieces = pieces.subspan(1);
        continue;
      }
      if (!submit(pieces, kWaitedFor)) break;
    }
    if (in_flight_ == 0 && (failed_ || pieces.empty())) break;
    kick();
    while (!queue_->has_completion()) {
      if (const char* const why = fault()) return start_again(at, why);
      if (monotonic_ns() - last_answer_ > kSpin) {
        wait(kNap);
      } else {
        pause();
      }
    }
    collect();
    if (resets_ != resets) return fail(errc::unavailable, at, "the disk was reset");
  }
  if (failed_) return fail(errc::io, at, "the disk reports an error");
  return done{};
}

// The requests in flight failed. The device is reset, so that it does not write to memory that is reused by then.
tl::unexpected<error> virtio_block::start_again(std::uint64_t offset, const char* why) noexcept {
  std::printf("remark: %s: %s; the device is reset\n", transport_->where().c_str(), why);
  const tl::unexpected<error> failed = fail(errc::unavailable, offset, why);
  std::array<bool, kRequests> is_free{};
  for (std::uint32_t i = 0; i < free_count_; ++i) is_free[free_[i]] = true;
  const std::uint32_t all = requests_in_use_;
  usable_ = false;
  ++resets_;
  in_flight_ = background_ = 0;
  if (transport_->reset()) {
    queue_.reset();
    static_cast<void>(start());
  }
  for (std::uint32_t i = 0; i < all; ++i)
    if (!is_free[i] && tags_[i] != kWaitedFor) finished_(tags_[i], failed);
  return failed;
}

}  // namespace docteur::cache_vm::pvh
