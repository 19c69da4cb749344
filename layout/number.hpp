#pragma once
// Integers in sections and update packs: seven bits in a byte, least significant first, with the highest bit set in
// every byte but the last, in no more bytes than needed. Guest-safe.

#include <array>
#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

// Appends `v` to a string of characters or bytes.
template <class Bytes>
constexpr void put_number(Bytes& to, std::uint64_t v) {
  using byte_type = typename Bytes::value_type;
  for (; v >= 0x80; v >>= 7) to.push_back(static_cast<byte_type>(0x80 | (v & 0x7f)));
  to.push_back(static_cast<byte_type>(v));
}

// A number as bytes.
class number_bytes {
 public:
  using value_type = std::byte;
  explicit constexpr number_bytes(std::uint64_t v) noexcept { put_number(*this, v); }
  constexpr void push_back(std::byte b) noexcept { raw_[size_++] = b; }
  [[nodiscard]] bytes view() const noexcept { return bytes(raw_).first(size_); }

 private:
  std::array<std::byte, 10> raw_{};
  std::size_t size_ = 0;
};

enum class number_fault { none, cut, too_long, too_large };

// Takes a number of at most `most`, which is below 2^63, into `v`. cut: the bytes end inside it; too_long: it takes
// more bytes than needed.
[[nodiscard]] inline number_fault take_number(cursor& from, std::uint64_t most, std::uint64_t& v) noexcept {
  v = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    const auto one = from.take(1);
    if (!one) return number_fault::cut;
    const auto b = std::to_integer<std::uint64_t>((*one)[0]);
    v |= (b & 0x7f) << shift;
    if (b >= 0x80) continue;
    if (b == 0 && shift > 0) return number_fault::too_long;
    return v > most ? number_fault::too_large : number_fault::none;
  }
  return number_fault::too_large;
}

}  // namespace docteur
