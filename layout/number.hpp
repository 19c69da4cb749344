#pragma once
// Integers in sections and update packs: seven bits in a byte, least significant first, with the highest bit set in
// every byte but the last, in no more bytes than needed. Guest-safe.

#include <cstdint>

namespace docteur {

// Appends `v` to a string of characters or bytes.
template <class Bytes>
constexpr void put_number(Bytes& to, std::uint64_t v) {
  using byte_type = typename Bytes::value_type;
  for (; v >= 0x80; v >>= 7) to.push_back(static_cast<byte_type>(0x80 | (v & 0x7f)));
  to.push_back(static_cast<byte_type>(v));
}

}  // namespace docteur
