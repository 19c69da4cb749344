#pragma once
// Reads the bytes of a long entry forward, a piece at a time. Hosted.

#include <algorithm>
#include <cstdint>

#include "verify/read_range.hpp"

namespace docteur {

class entry_input {
 public:
  // Reads [from, to) of the image. `buffer` must outlive this.
  entry_input(const device& d, std::uint64_t from, std::uint64_t to, reused_bytes& buffer)
      : device_(d), at_(from), to_(to), buffer_(buffer) {}

  // The offset of the first byte of ready() in the image.
  [[nodiscard]] std::uint64_t at() const noexcept { return at_ - ready_.size(); }
  [[nodiscard]] std::uint64_t left() const noexcept { return to_ - at(); }
  [[nodiscard]] bytes ready() const noexcept { return ready_; }
  void drop(std::size_t n) noexcept { ready_ = ready_.subspan(n); }

  // Reads a piece if ready() is empty. Afterwards ready() is empty only at the end.
  [[nodiscard]] outcome<void> fill() {
    constexpr std::uint64_t kAtOnce = 256 << 10;
    if (!ready_.empty() || at_ == to_) return {};
    const auto n = static_cast<std::size_t>(std::min(kAtOnce, to_ - at_));
    DOCTEUR_TRY(piece, read_range(device_, at_, n, buffer_));
    ready_ = piece;
    at_ += n;
    return {};
  }
  // Fills `out`, which must not be longer than left().
  [[nodiscard]] outcome<void> take(mutable_bytes out) {
    while (!out.empty()) {
      DOCTEUR_CHECK(fill());
      const std::size_t n = std::min(out.size(), ready_.size());
      std::memcpy(out.data(), ready_.data(), n);
      drop(n);
      out = out.subspan(n);
    }
    return {};
  }

 private:
  device device_;
  std::uint64_t at_;  // everything before this was read
  std::uint64_t to_;
  reused_bytes& buffer_;
  bytes ready_;
};

}  // namespace docteur
