#include "unikernel-example/platform/pvh/virtqueue.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "object/bytes.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint16_t kNext = 1;         // VIRTQ_DESC_F_NEXT
constexpr std::uint16_t kWrite = 2;        // VIRTQ_DESC_F_WRITE
constexpr std::uint16_t kNoInterrupt = 1;  // VIRTQ_AVAIL_F_NO_INTERRUPT
constexpr std::uint16_t kNoNotify = 1;     // VIRTQ_USED_F_NO_NOTIFY
constexpr std::size_t kPage = 4096;

}  // namespace

std::unique_ptr<virtqueue> virtqueue::make(virtio_transport& t, std::uint16_t index, std::uint16_t size) {
  const std::uint16_t limit = t.queue_limit(index);
  if (limit == 0) return nullptr;
  size = std::bit_floor(std::min(size, limit));  // a power of two (2.6)
  std::unique_ptr<virtqueue> q(new virtqueue(t, index, size));

  // The legacy layout (2.6.2) suits both versions: descriptors, available ring, and on the next page the used ring.
  const std::size_t descriptor_bytes = sizeof(descriptor) * size;
  const auto used_at = static_cast<std::size_t>(round_up(descriptor_bytes + 2u * (3u + size), kPage));
  const auto all = static_cast<std::size_t>(round_up(used_at + 6 + sizeof(used_element) * size, kPage));
  q->memory_.reset(static_cast<std::byte*>(std::aligned_alloc(kPage, all)));
  if (q->memory_ == nullptr) return nullptr;
  std::byte* base = q->memory_.get();
  std::memset(base, 0, all);
  q->descriptors_ = reinterpret_cast<descriptor*>(base);
  q->available_ = reinterpret_cast<volatile std::uint16_t*>(base + descriptor_bytes);
  q->used_ = reinterpret_cast<volatile std::uint16_t*>(base + used_at);
  q->used_ring_ = reinterpret_cast<const volatile used_element*>(base + used_at + 4);

  q->chains_.resize(size);
  q->next_.resize(size);
  for (std::uint16_t i = 0; i < size; ++i) q->next_[i] = static_cast<std::uint16_t>(i + 1);
  q->free_count_ = size;
  q->want_interrupts(false);
  const queue_place place{size, reinterpret_cast<std::uint64_t>(base),
                          reinterpret_cast<std::uint64_t>(base) + descriptor_bytes,
                          reinterpret_cast<std::uint64_t>(base) + used_at};
  if (!t.set_queue(index, place)) return nullptr;
  return q;
}

bool virtqueue::add(std::span<const part> parts, std::uint32_t token) {
  if (parts.empty() || parts.size() > free_count_ || broken_) return false;
  const std::uint16_t head = free_;
  chain c{token, 0, static_cast<std::uint16_t>(parts.size())};
  std::uint16_t at = head;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool more = i + 1 < parts.size();
    descriptors_[at] = {reinterpret_cast<std::uint64_t>(parts[i].at), parts[i].size,
                        static_cast<std::uint16_t>((more ? kNext : 0) | (parts[i].device_writes ? kWrite : 0)),
                        more ? next_[at] : std::uint16_t{0}};
    if (parts[i].device_writes) c.writable += parts[i].size;
    at = next_[at];
  }
  free_ = at;
  free_count_ = static_cast<std::uint16_t>(free_count_ - parts.size());
  chains_[head] = c;
  available_[2 + available_idx_ % size_] = head;
  ++available_idx_;
  return true;
}

void virtqueue::kick() {
  if (announced_idx_ == available_idx_) return;
  compiler_barrier();  // the entries before the index
  available_[1] = available_idx_;
  announced_idx_ = available_idx_;
  full_barrier();  // the index before the device's flag
  if ((used_[0] & kNoNotify) == 0) transport_.notify(index_);
}

bool virtqueue::has_completion() const { return !broken_ && used_[1] != used_idx_; }

std::optional<virtqueue::completion> virtqueue::take() {
  if (!has_completion()) return std::nullopt;
  compiler_barrier();  // the index before the entries
  const volatile used_element& e = used_ring_[used_idx_ % size_];
  const std::uint32_t id = e.id;
  const std::uint32_t length = e.length;
  if (static_cast<std::uint16_t>(used_[1] - used_idx_) > size_ || id >= size_ || chains_[id].count == 0 ||
      length > chains_[id].writable) {
    broken_ = true;
    return std::nullopt;
  }
  ++used_idx_;
  const chain c = std::exchange(chains_[id], chain{});
  auto last = static_cast<std::uint16_t>(id);
  for (std::uint16_t i = 1; i < c.count; ++i) last = next_[last];
  next_[last] = free_;
  free_ = static_cast<std::uint16_t>(id);
  free_count_ = static_cast<std::uint16_t>(free_count_ + c.count);
  return completion{c.token, length};
}

void virtqueue::want_interrupts(bool yes) {
  available_[0] = yes ? 0 : kNoInterrupt;
  full_barrier();
}

}  // namespace docteur::cache_vm::pvh
