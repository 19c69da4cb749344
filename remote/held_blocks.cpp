#include "remote/held_blocks.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint64_t kMostBlocks = 128;  // of one request: 2 MiB
constexpr std::uint64_t kGap = 2;           // blocks

}  // namespace

std::uint64_t held_blocks::size_of(std::uint64_t index) const noexcept {
  return std::min(kBlock, file_size_ - index * kBlock);
}

held_blocks::block held_blocks::want(std::uint64_t index) {
  if (const auto found = blocks_.find(index); found != blocks_.end()) {
    order_.splice(order_.begin(), order_, found->second.used);
    return found->second.of;
  }
  order_.push_front(index);
  const auto made = blocks_.emplace(index, place{std::make_shared<held_block>(), order_.begin()}).first;
  queue_.push_back(index);
  const block b = made->second.of;
  forget_some();
  return b;
}

held_blocks::block held_blocks::want_now(std::uint64_t index) {
  block b = want(index);
  if (b->is == held_block::state::wanted) queue_.push_front(index);
  return b;
}

// Forgets blocks that are here, those not used for longest first.
void held_blocks::forget_some() {
  std::uint64_t over = blocks_.size() - std::min<std::uint64_t>(blocks_.size(), most_ / kBlock);
  for (auto at = order_.end(); over > 0 && at != order_.begin();) {
    --at;
    const auto found = blocks_.find(*at);
    if (found->second.of->is != held_block::state::here) continue;
    blocks_.erase(found);
    at = order_.erase(at);
    --over;
  }
}

bool held_blocks::is_wanted(std::uint64_t index) const {
  const auto found = blocks_.find(index);
  return found != blocks_.end() && found->second.of->is == held_block::state::wanted;
}

// The last block in one direction that is wanted and has no long gap before it.
std::uint64_t held_blocks::end_of_run(std::uint64_t index, bool forward) const {
  std::uint64_t last = index;
  std::uint64_t gap = 0;
  for (std::uint64_t i = index; gap <= kGap && (forward ? i + 1 < count() : i > 0);) {
    i = forward ? i + 1 : i - 1;
    if (i - std::min(i, index) >= kMostBlocks || index - std::min(i, index) >= kMostBlocks) break;
    if (is_wanted(i)) {
      last = i;
      gap = 0;
    } else if (has(i)) {
      break;  // never twice
    } else {
      ++gap;
    }
  }
  return last;
}

std::optional<byte_range> held_blocks::next() {
  while (!queue_.empty() && !is_wanted(queue_.front())) queue_.pop_front();
  if (queue_.empty()) return std::nullopt;
  const std::uint64_t oldest = queue_.front();
  const std::uint64_t first = end_of_run(oldest, false);
  const std::uint64_t last = std::min(end_of_run(oldest, true), first + kMostBlocks - 1);
  for (std::uint64_t i = first; i <= last; ++i) {
    const block b = want(i);
    b->is = held_block::state::coming;
    b->content.reserve(size_of(i));
  }
  return byte_range{first * kBlock, last * kBlock + size_of(last) - first * kBlock};
}

bool held_blocks::take(std::uint64_t at, bytes piece) {
  bool is_one_here = false;
  while (!piece.empty()) {
    const std::uint64_t index = at / kBlock;
    const auto found = blocks_.find(index);
    const std::uint64_t n = std::min<std::uint64_t>(piece.size(), (index + 1) * kBlock - at);
    if (found != blocks_.end() && found->second.of->is == held_block::state::coming) {
      held_block& b = *found->second.of;
      b.content.insert(b.content.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(n));
      if (b.content.size() == size_of(index)) {
        b.is = held_block::state::here;
        is_one_here = true;
      }
    }
    piece = piece.subspan(n);
    at += n;
  }
  return is_one_here;
}

void held_blocks::fail(byte_range range, const range_failure& why) {
  const auto shared = std::make_shared<const range_failure>(why);
  for (std::uint64_t i = range.offset / kBlock; i * kBlock < range.offset + range.size; ++i) {
    const auto found = blocks_.find(i);
    if (found == blocks_.end() || found->second.of->is == held_block::state::here) continue;
    found->second.of->is = held_block::state::failed;
    found->second.of->why = shared;
    order_.erase(found->second.used);
    blocks_.erase(found);
  }
}

}  // namespace docteur
