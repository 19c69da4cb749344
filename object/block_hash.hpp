#pragma once
// What SHA-1 and SHA-256 share (FIPS 180-4, section 5): blocks of 64 bytes, padding, a length of 64 bits. Guest-safe.
// Uses the processor's SHA instructions if it has them (checked once, at run time), plain code otherwise.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::size_t kHashBlock = 64;  // bytes

// `Function` has: `words`, the number of 32-bit words in its state; `kind`; `initial`, the state before the first
// block; has_instructions(); compress(instructions, state, data, blocks), which consumes `blocks` blocks at `data`.
template <class Function>
class block_hash {
 public:
  using state = std::array<std::uint32_t, Function::words>;

  block_hash() noexcept : state_(Function::initial), has_instructions_(Function::has_instructions()) {}
  // Uses plain code from here on, to compare the two. To be called before the first update().
  void disable_instructions() noexcept { has_instructions_ = false; }

  void update(bytes data) noexcept {
    const std::size_t held = length_ % kHashBlock;
    length_ += data.size();
    if (held > 0) {
      const std::size_t n = std::min(kHashBlock - held, data.size());
      std::copy_n(data.begin(), n, block_.begin() + held);
      data = data.subspan(n);
      if (held + n < kHashBlock) return;
      Function::compress(has_instructions_, state_, block_.data(), 1);
    }
    const std::size_t whole = data.size() / kHashBlock;
    if (whole > 0) Function::compress(has_instructions_, state_, data.data(), whole);
    data = data.subspan(whole * kHashBlock);
    std::copy(data.begin(), data.end(), block_.begin());
  }

  // Returns the digest of everything passed to update(). The object must not be used afterwards.
  [[nodiscard]] oid finish() noexcept {
    const std::uint64_t bits = length_ * 8;
    static constexpr std::array<std::byte, kHashBlock> padding{std::byte{0x80}};
    const std::size_t held = length_ % kHashBlock;
    update(bytes{padding}.first(held < 56 ? 56 - held : 120 - held));
    std::array<std::byte, 8> length;
    store_be(length.data(), bits);
    update(length);
    std::array<std::byte, 4 * Function::words> digest;
    for (std::size_t i = 0; i < state_.size(); ++i) store_be(digest.data() + 4 * i, state_[i]);
    return oid::from(digest.data(), Function::kind);
  }

 private:
  state state_;
  std::uint64_t length_ = 0;  // bytes
  std::array<std::byte, kHashBlock> block_;
  bool has_instructions_;
};

}  // namespace docteur
