#pragma once
// A sender's view of the path to its client, to distinguish loss by congestion from loss by a bad link. Reno (RFC 5681)
// takes every loss for congestion, and at 2 % keeps only eight segments in flight. As in TCP Veno (Fu and Liew, 2003),
// loss without a queue is not congestion; as in BBRv2, heavy loss always is.

#include <algorithm>
#include <cstdint>

namespace docteur::cache_vm::pvh {

class path_view {
 public:
  // At `now_us` data was acknowledged that was sent `took_us` before; `bytes` were acknowledged in this round trip.
  constexpr void note_round_trip(std::uint64_t now_us, std::uint64_t took_us, std::uint64_t bytes) noexcept {
    constexpr std::uint64_t kForgotten = 10'000'000;  // us: paths change
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

  // Whether a loss means congestion. `segment`: bytes.
  [[nodiscard]] constexpr bool is_crowded(std::uint64_t segment) const noexcept {
    constexpr std::uint64_t kJitter = 2000;  // us: 128 KiB in flight at 500 Mbit/s
    // Twice in a row: a single round trip may have waited for lost data.
    if (std::min(latest_us_, before_us_) > least_us_ + least_us_ / 4 + kJitter) return true;
    return lost_ > delivered_ / 8 + 4 * segment;  // over the latest eight round trips, roughly
  }

 private:
  std::uint64_t least_us_ = 0, least_at_ = 0, latest_us_ = 0, before_us_ = 0, smooth_us_ = 0;
  std::uint64_t delivered_ = 0, lost_ = 0;  // bytes, decaying
};

}  // namespace docteur::cache_vm::pvh
