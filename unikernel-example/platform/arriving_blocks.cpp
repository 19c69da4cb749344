#include "unikernel-example/platform/arriving_blocks.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace docteur::cache_vm {
namespace {

constexpr std::uint64_t kUnused = 5'000'000'000;       // ns
constexpr std::uint64_t kFailureCounts = 500'000'000;  // ns

}  // namespace

std::uint64_t disk_waits::take_ticket() noexcept { return std::exchange(ticket, 0); }

result<bool> arriving_blocks::are_here(block_range needed, std::uint64_t at, std::uint64_t now) {
  bool all = true;
  for (std::uint64_t i = needed.first; i <= needed.last; ++i) {
    const auto found = blocks_.find(i);
    if (found != blocks_.end() && found->second.state == block::is::failed) {
      const block& b = found->second;
      if (now - b.since < kFailureCounts) return fail(b.why.code, at, b.why.what);
      forget(found, order_);
      all = false;
    } else {
      all = all && found != blocks_.end() && found->second.state == block::is::here;
    }
  }
  return all;
}

bool arriving_blocks::was_used(std::uint64_t number) const noexcept {
  const auto found = blocks_.find(number);
  return found != blocks_.end() && found->second.was_used;
}

void arriving_blocks::copy(std::uint64_t offset, mutable_bytes out) noexcept {
  while (!out.empty()) {
    const std::uint64_t from = offset % kBlock;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), kBlock - from));
    block& b = blocks_.find(offset / kBlock)->second;
    std::memcpy(out.data(), b.content.get() + from, n);
    b.was_used = true;
    order_.splice(order_.begin(), order_, b.place);
    out = out.subspan(n);
    offset += n;
  }
}

std::optional<std::vector<std::uint64_t>> arriving_blocks::want(block_range needed, std::uint64_t now, bool ahead) {
  std::vector<std::uint64_t> missing;
  for (std::uint64_t i = needed.first; i <= needed.last; ++i)
    if (!blocks_.contains(i)) missing.push_back(i);
  if (!make_room(missing.size(), needed, now, ahead)) return std::nullopt;
  while (spare_.size() < missing.size()) spare_.push_back(std::make_unique_for_overwrite<std::byte[]>(kBlock));
  // What can fail for want of memory comes before anything is changed.
  std::list<std::uint64_t> numbers(missing.begin(), missing.end());
  map fresh;
  for (auto at = numbers.begin(); at != numbers.end(); ++at) fresh[*at].place = at;
  blocks_.reserve(blocks_.size() + fresh.size());
  for (auto& [number, b] : fresh) {
    b.content = std::move(spare_.back());
    spare_.pop_back();
  }
  blocks_.merge(fresh);
  wanted_.splice(wanted_.end(), numbers);
  return missing;
}

bool arriving_blocks::make_room(std::size_t more, block_range spare, std::uint64_t now, bool ahead) {
  for (const bool any : {false, true}) {
    if (any && (ahead || wanted() > 0)) return false;
    for (auto at = order_.end(); at != order_.begin() && blocks_.size() + more > most_;) {
      const auto found = blocks_.find(*--at);
      const block& b = found->second;
      if (*at >= spare.first && *at <= spare.last) continue;
      if (!any && !b.was_used && now - b.since < kUnused) continue;
      ++at;
      forget(found, order_);
    }
    if (blocks_.size() + more <= most_) return true;
  }
  return false;
}

void arriving_blocks::withdraw(std::uint64_t number) noexcept { forget(blocks_.find(number), wanted_); }

void arriving_blocks::forget(map::iterator which, std::list<std::uint64_t>& from) noexcept {
  from.erase(which->second.place);
  // Without memory for the list, it is freed.
  if (spare_.size() < spare_.capacity()) spare_.push_back(std::move(which->second.content));
  blocks_.erase(which);
}

std::byte* arriving_blocks::place(std::uint64_t number) noexcept { return blocks_.find(number)->second.content.get(); }

void arriving_blocks::wait(block_range needed, waiter who) {
  for (std::uint64_t i = needed.last + 1; i-- > needed.first;) {
    const auto found = blocks_.find(i);
    if (found == blocks_.end()) break;  // there was no room
    if (found->second.state == block::is::wanted) return found->second.waiters.push_back(who);
  }
  no_room_.push_back(who);
}

void arriving_blocks::settle(std::uint64_t number, const result<done>& got, std::uint64_t now,
                             std::vector<waiter>& ready) {
  const auto found = blocks_.find(number);
  block& b = found->second;
  b.state = got ? block::is::here : block::is::failed;
  if (!got) b.why = got.error();
  b.since = now;
  order_.splice(order_.begin(), wanted_, b.place);
  for (auto* waiters : {&b.waiters, &no_room_}) {
    ready.insert(ready.end(), waiters->begin(), waiters->end());
    waiters->clear();
  }
  if (b.is_old) forget(found, order_);
}

void arriving_blocks::renew() noexcept {
  while (!order_.empty()) forget(blocks_.find(order_.front()), order_);
  for (const std::uint64_t number : wanted_) blocks_.find(number)->second.is_old = true;
}

std::vector<arriving_blocks::waiter> arriving_blocks::give_up() {
  std::vector<waiter> all = std::move(no_room_);
  for (const auto& [number, b] : blocks_) all.insert(all.end(), b.waiters.begin(), b.waiters.end());
  blocks_.clear();
  wanted_.clear();
  order_.clear();
  no_room_.clear();
  return all;
}

}  // namespace docteur::cache_vm
