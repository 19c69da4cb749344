#include "reader/read_window.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint64_t kReadAhead = 256 << 10;  // bytes read at once on the way forward
constexpr std::uint64_t kGap = 16 << 10;         // bytes that may be left out on that way

}  // namespace

result<bytes> read_window::get(std::uint64_t at, std::uint64_t n) noexcept {
  if (at > device_.size || n > device_.size - at) return fail(errc::truncated, at, "range leaves the device");
  if (device_.view != nullptr) return bytes(device_.view + at, n);
  if (at < start_ || at + n > start_ + size_) {
    const bool forward = at >= next_ && at - next_ <= kGap;
    const std::uint64_t wanted = std::min(forward ? std::max(n, kReadAhead) : n, device_.size - at);
    size_ = 0;
    if (wanted > buffer_.size()) {
      // Not resize(): what the buffer held is not needed, and its exact size is.
      buffer_.reset();
      DOCTEUR_CHECK(buffer_.resize(std::max(wanted, forward ? kReadAhead : wanted)));
    }
    DOCTEUR_CHECK(device_.read(device_.self, at, buffer_.span().first(wanted)));
    start_ = at;
    size_ = wanted;
  }
  next_ = at + n;
  return bytes{buffer_.span()}.subspan(at - start_, n);
}

}  // namespace docteur
