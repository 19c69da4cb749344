#pragma once
// The amount that all connections together may queue for sending: bytes of memory, or segments of lwIP's pool. A
// connection's allowance is a share of the rest, so it shrinks as connections use more. The rest is never used up: a
// new connection finds some, however many slow ones there are ("dynamic thresholds", Choudhury and Hahne, 1998).

#include <algorithm>
#include <cstddef>

namespace docteur::cache_vm::pvh {

class send_budget {
 public:
  // `most`: for all connections. A single one may always have `least`, and at most `greatest`.
  constexpr send_budget(std::size_t most, std::size_t least, std::size_t greatest) noexcept
      : most_(most), least_(least), greatest_(greatest) {}

  // The amount that one connection may queue now. n connections that take all they may have most / (n + kShare) each.
  [[nodiscard]] constexpr std::size_t allowance() const noexcept {
    const std::size_t left = used_ < most_ ? most_ - used_ : 0;
    return std::clamp(left / kShare, least_, greatest_);
  }

  constexpr void set_used(std::size_t n) noexcept { used_ = n; }
  // A connection's queue changed from `before` to `now`.
  constexpr void change(std::size_t before, std::size_t now) noexcept {
    used_ += now;
    used_ -= std::min(used_, before);
  }
  [[nodiscard]] constexpr std::size_t used() const noexcept { return used_; }

 private:
  static constexpr std::size_t kShare = 4;
  std::size_t most_, least_, greatest_;
  std::size_t used_ = 0;
};

}  // namespace docteur::cache_vm::pvh
