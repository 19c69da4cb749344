#pragma once
// What a sender sees of the way to its client, to tell loss of a crowded link from loss of a bad one: Reno (RFC 5681)
// takes each for a sign of a crowd, and at 2 % keeps eight segments under way. As in TCP Veno (Fu and Liew, 2003) a
// loss without a queue is not one; as in BBR's second version much loss is one in any case.

#include <algorithm>
#include <cstdint>

namespace docteur::cache_vm::pvh {

class path_view {
 public:
  // What was sent a round trip before `now_us` is acknowledged, `took_us` later, and `bytes` with it.
  constexpr void note_round_trip(std::uint64_t now_us, std::uint64_t took_us, std::uint64_t bytes) noexcept {
    constexpr std::uint64_t kForgotten = 10'000'000;  // us: ways change
    if (least_us_ == 0 || took_us <= least_us_ || now_us - least_at_ > kForgotten) {
      least_us_ = took_us;
      least_at_ = now_us;
    }
    before_us_ = latest_us_;
    latest_us_ = took_us;
    smooth_us_ = smooth_us_ == 0 ? took_us : smooth_us_ - smooth_us_ / 8 + took_us / 8;
    delivered_ = delivered_ - delivered_ / 8 + bytes;
    lost_ -= lost_ / 8;
  }
  constexpr void note_loss(std::uint64_t bytes) noexcept { lost_ += bytes; }

  [[nodiscard]] constexpr std::uint64_t round_trip_us() const noexcept { return smooth_us_; }

  // Whether a loss says that there is too much under way. `segment`: bytes.
  [[nodiscard]] constexpr bool is_crowded(std::uint64_t segment) const noexcept {
    constexpr std::uint64_t kJitter = 2000;  // us: 128 KiB, all that a connection ever has under way, at 500 Mbit/s
    // Twice: a single one may have waited for what was lost.
    if (std::min(latest_us_, before_us_) > least_us_ + least_us_ / 4 + kJitter) return true;
    return lost_ > delivered_ / 8 + 4 * segment;  // of the latest eight round trips or so
  }

 private:
  std::uint64_t least_us_ = 0, least_at_ = 0, latest_us_ = 0, before_us_ = 0, smooth_us_ = 0;
  std::uint64_t delivered_ = 0, lost_ = 0;  // bytes, the older the less
};

}  // namespace docteur::cache_vm::pvh
