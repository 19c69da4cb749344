#include "unikernel-example/platform/pvh/disk_blocks.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint64_t kBlock = arriving_blocks::kBlock;
constexpr std::uint64_t kMoment = 300'000;  // ns that a read may take in any case

std::uint64_t last_ticket = 0;

}  // namespace

disk_blocks::disk_blocks(virtio_block& below, disk_waits& waits, std::size_t most)
    : below_(&below), waits_(&waits), blocks_(most) {
  below_->set_background(
      [this](std::uint64_t number, const result<done>& got) { blocks_.settle(number, got, monotonic_ns(), arrived_); });
}

device disk_blocks::view() noexcept {
  device d = below_->view();
  blocks_.renew();
  size_ = d.size;
  d.self = this;
  d.read = [](void* self, std::uint64_t offset, mutable_bytes out) noexcept {
    auto& all = *static_cast<disk_blocks*>(self);
    try {
      return all.read(offset, out);
    } catch (const std::bad_alloc&) {
      return result<done>(fail(errc::out_of_memory, offset, "no memory for what the disk brings"));
    }
  };
  return d;
}

result<done> disk_blocks::read(std::uint64_t offset, mutable_bytes out) {
  if (out.empty()) return done{};
  const block_range needed = arriving_blocks::blocks_of(offset, out.size());
  if (waits_->may_wait || blocks_.is_too_much(needed)) return below_->read(offset, out);
  if (offset > size_ || out.size() > size_ - offset) return fail(errc::io, offset, "the disk is shorter than that");
  DOCTEUR_TRY(at_once, blocks_.are_here(needed, offset, monotonic_ns()));
  bool here = at_once;
  const bool is_wanted = here || want(needed);
  if (is_wanted) read_ahead(needed);
  if (!is_wanted && blocks_.wanted() == 0) return below_->read(offset, out);  // nobody would call the ticket
  for (const std::uint64_t begin = monotonic_ns(); !here && is_wanted && monotonic_ns() - begin < kMoment; pause()) {
    below_->collect();
    DOCTEUR_TRY(now, blocks_.are_here(needed, offset, monotonic_ns()));
    here = now;
  }
  if (here) {
    blocks_.copy(offset, out);
    return done{};
  }
  waits_->ticket = ++last_ticket;
  blocks_.wait(needed, {waits_->loop, waits_->ticket});
  return fail(errc::unavailable, offset, "the disk has not brought it yet");
}

// Where the block before was read, and this one is read for the first time, somebody reads on. No read fails because
// there is no memory for the next.
void disk_blocks::read_ahead(block_range needed) {
  const std::uint64_t next = needed.last + 1;
  if (needed.first == 0 || next * kBlock >= size_) return;
  if (!blocks_.was_used(needed.first - 1) || blocks_.was_used(needed.last)) return;
  try {
    static_cast<void>(want({needed.first, next}, true));  // room for the next is not made of those that are needed
  } catch (const std::bad_alloc&) {
  }
}

// Has the missing blocks read. False if there is no room for them, or the device takes no more requests.
bool disk_blocks::want(block_range needed, bool ahead) {
  const auto missing = blocks_.want(needed, monotonic_ns(), ahead);
  if (!missing) return false;
  bool all = true;
  for (const std::uint64_t i : *missing) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, size_ - i * kBlock));
    all = all && below_->begin(i * kBlock, {blocks_.place(i), size}, i);
    if (!all) blocks_.withdraw(i);
  }
  below_->kick();
  return all;
}

std::vector<arriving_blocks::waiter> disk_blocks::poll() {
  if (blocks_.wanted() > 0) below_->collect();
  return std::exchange(arrived_, {});
}

}  // namespace docteur::cache_vm::pvh
