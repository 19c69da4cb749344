#include "unikernel-example/platform/pvh/disk_blocks.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "unikernel-example/platform/pvh/clock.hpp"
#include "unikernel-example/platform/pvh/cpu.hpp"

namespace docteur::cache_vm::pvh {
namespace {

constexpr std::uint64_t kMoment = 300'000;             // ns that a read may take in any case
constexpr std::uint64_t kUnused = 5'000'000'000;       // ns that a block is kept which nobody came for
constexpr std::uint64_t kFailureCounts = 500'000'000;  // ns in which a failure answers all reads

}  // namespace

disk_blocks::disk_blocks(virtio_block& below, disk_patience& patience, std::size_t most)
    : below_(&below), patience_(&patience), slots_(most) {
  below_->set_background([this](std::uint32_t tag, const result<done>& got) { finish(tag, got); });
}

device disk_blocks::view() noexcept {
  device d = below_->view();
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
  const range needed{offset / kBlock, (offset + out.size() - 1) / kBlock};
  if (patience_->may_wait || needed.second - needed.first >= slots_.size() / 2) return below_->read(offset, out);
  if (offset > size_ || out.size() > size_ - offset) return fail(errc::io, offset, "the disk is shorter than that");
  DOCTEUR_TRY(at_once, is_here(needed, offset));
  bool here = at_once;
  const bool is_wanted = here || want(needed);
  if (!is_wanted && reading_ == 0) return below_->read(offset, out);  // nobody would call the ticket
  for (const std::uint64_t begin = monotonic_ns(); !here && is_wanted && monotonic_ns() - begin < kMoment; pause()) {
    below_->collect();
    DOCTEUR_TRY(now, is_here(needed, offset));
    here = now;
  }
  if (here) {
    copy(offset, out);
    return done{};
  }
  patience_->ticket = ++patience_->last_ticket;
  slot* last = nullptr;
  for (slot& s : slots_)
    if (s.state == slot::is::wanted && s.number >= needed.first && s.number <= needed.second) last = &s;
  (is_wanted && last != nullptr ? last->tickets : no_room_).push_back(patience_->ticket);
  return fail(errc::unavailable, offset, "the disk has not brought it yet");
}

disk_blocks::slot* disk_blocks::find(std::uint64_t number) noexcept {
  const auto at = std::ranges::find_if(
      slots_, [number](const slot& s) { return s.state != slot::is::empty && s.number == number; });
  return at == slots_.end() ? nullptr : &*at;
}

// Whether all blocks are in memory. Fails as one of them did.
result<bool> disk_blocks::is_here(range needed, std::uint64_t offset) noexcept {
  bool all = true;
  for (std::uint64_t i = needed.first; i <= needed.second; ++i) {
    slot* const s = find(i);
    if (s != nullptr && s->state == slot::is::failed) {
      if (monotonic_ns() - s->since < kFailureCounts) return fail(s->why.code, offset, s->why.what);
      s->state = slot::is::empty;
    }
    all = all && s != nullptr && s->state == slot::is::here;
  }
  return all;
}

// An empty slot, or the one not used for longest whose block was used, or that nobody came for. When nothing is being
// read, nobody else makes room, so others go, too. nullptr: none.
disk_blocks::slot* disk_blocks::free_slot(range needed) noexcept {
  const std::uint64_t now = monotonic_ns();
  slot* best = nullptr;
  for (slot& s : slots_) {
    if (s.state == slot::is::empty) return &s;
    if (s.state == slot::is::wanted || (s.number >= needed.first && s.number <= needed.second)) continue;
    if (reading_ > 0 && !s.was_used && now - s.since < kUnused) continue;
    if (best == nullptr || s.used < best->used) best = &s;
  }
  return best;
}

// Has the missing blocks read. False without room for all of them.
bool disk_blocks::want(range needed) {
  bool all = true;
  for (std::uint64_t i = needed.first; i <= needed.second && all; ++i) {
    if (find(i) != nullptr) continue;
    slot* const s = free_slot(needed);
    if (s == nullptr) {
      all = false;
      break;
    }
    if (s->content == nullptr) s->content = std::make_unique_for_overwrite<std::byte[]>(kBlock);
    s->state = slot::is::empty;
    const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(kBlock, size_ - i * kBlock));
    if (!below_->begin(i * kBlock, {s->content.get(), size}, static_cast<std::uint32_t>(s - slots_.data()))) {
      all = false;
      break;
    }
    s->state = slot::is::wanted;
    s->was_used = false;
    s->number = i;
    s->since = monotonic_ns();
    ++reading_;
  }
  below_->kick();
  return all;
}

void disk_blocks::copy(std::uint64_t offset, mutable_bytes out) noexcept {
  while (!out.empty()) {
    slot& s = *find(offset / kBlock);
    const std::uint64_t from = offset % kBlock;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), kBlock - from));
    std::memcpy(out.data(), s.content.get() + from, n);
    s.was_used = true;
    s.used = ++uses_;
    out = out.subspan(n);
    offset += n;
  }
}

void disk_blocks::finish(std::uint32_t tag, const result<done>& got) noexcept {
  slot& s = slots_[tag];
  s.state = got ? slot::is::here : slot::is::failed;
  if (!got) s.why = got.error();
  s.since = monotonic_ns();
  s.used = ++uses_;
  --reading_;
  for (auto* tickets : {&s.tickets, &no_room_}) {
    arrived_.insert(arrived_.end(), tickets->begin(), tickets->end());
    tickets->clear();
  }
}

std::vector<std::uint64_t> disk_blocks::poll() {
  if (reading_ > 0) below_->collect();
  return std::exchange(arrived_, {});
}

}  // namespace docteur::cache_vm::pvh
