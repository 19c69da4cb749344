#include "reader/read_window.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint64_t kUnit = 4 << 10;         // bytes: reads begin and end at multiples
constexpr std::uint64_t kFirstAhead = 32 << 10;  // bytes, doubled from read to read
constexpr std::uint64_t kGap = 16 << 10;         // bytes that may be skipped and still count as reading forward

constexpr std::uint64_t round_down(std::uint64_t n) noexcept { return n / kUnit * kUnit; }

}  // namespace

result<bytes> read_window::get(std::uint64_t at, std::uint64_t n) noexcept {
  if (at > device_.size || n > device_.size - at) return fail(errc::truncated, at, "range leaves the device");
  if (device_.view != nullptr) return bytes(device_.view + at, n);
  window& w = choose(at, n);
  if (!w.holds(at, n) && (w.ahead <= n || !fill(w, at, w.ahead))) DOCTEUR_CHECK(fill(w, at, n));
  last_ = static_cast<std::size_t>(&w - windows_.data());
  w.next = at + n;
  return bytes{w.buffer.span()}.subspan(at - w.start, n);
}

// Bytes of a window that is read forward: the bytes read ahead, and those added by rounding.
std::uint64_t read_window::usual_room() const noexcept { return ahead_ + 2 * kUnit; }

// Returns, in this order: the window that holds the range; one that the range follows; one that holds its first byte,
// so that only the rest is read. For a jump: one that a long entry made large, else the one that reads less far ahead,
// else the one not used last.
read_window::window& read_window::choose(std::uint64_t at, std::uint64_t n) noexcept {
  window& last = windows_[last_];
  window& other = windows_[1 - last_];
  for (window* w : {&last, &other})
    if (w->holds(at, n)) return *w;
  for (window* w : {&last, &other}) {
    if (w->size == 0 || at < w->next || at - w->next > kGap) continue;
    w->ahead = std::min(std::max(2 * w->ahead, kFirstAhead), ahead_);
    return *w;
  }
  for (window* w : {&last, &other})
    if (w->holds(at, 1)) return *w;
  const auto is_long = [this](const window& w) { return w.buffer.capacity() > usual_room(); };
  const bool take_last = is_long(last) || (!is_long(other) && last.ahead < other.ahead);
  window& left = take_last ? last : other;
  left.ahead = 0;
  return left;
}

// Reads the range into the window. Bytes that the window holds already are not read again.
result<done> read_window::fill(window& w, std::uint64_t at, std::uint64_t n) noexcept {
  const std::uint64_t from = round_down(at);
  const std::uint64_t to =
      n < device_.size - at ? std::min(round_down(at + n + kUnit - 1), device_.size) : device_.size;
  const std::uint64_t held = w.holds(from, 0) ? w.start + w.size - from : 0;
  if (held > 0) std::memmove(w.buffer.data(), w.buffer.data() + (from - w.start), held);
  w.start = from;
  w.size = held;
  const std::uint64_t wanted = to - from;
  // Memory for one long entry is released when it is no longer needed.
  if (const std::uint64_t room = w.buffer.capacity(); room < wanted || (room > usual_room() && wanted < room)) {
    DOCTEUR_CHECK(w.buffer.resize(held));
    DOCTEUR_CHECK(w.buffer.set_capacity(std::max(wanted, std::min(2 * room, usual_room()))));
  }
  DOCTEUR_CHECK(w.buffer.resize(wanted));
  DOCTEUR_CHECK(device_.read(device_.self, from + held, w.buffer.span().subspan(held)));
  w.size = wanted;
  return done{};
}

}  // namespace docteur
