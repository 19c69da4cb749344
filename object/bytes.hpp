#pragma once
// Views of untrusted bytes, and the one place that checks their bounds. Guest-safe.

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "object/result.hpp"

namespace docteur {

using bytes = std::span<const std::byte>;
using mutable_bytes = std::span<std::byte>;

[[nodiscard]] inline bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(bytes b) noexcept {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// `text` without its first `n` bytes, and its first `n` bytes; n <= text.size(). Instead of substr(), which can throw.
[[nodiscard]] constexpr std::string_view drop(std::string_view text, std::size_t n) noexcept {
  text.remove_prefix(n);
  return text;
}
[[nodiscard]] constexpr std::string_view first(std::string_view text, std::size_t n) noexcept {
  text.remove_suffix(text.size() - n);
  return text;
}

template <std::unsigned_integral T>
[[nodiscard]] constexpr T swap_bytes(T v) noexcept {
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(v);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(v);
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(v);
  return v;
}

// Big-endian (Git) and little-endian (image header, own sections) integers at `p`, any alignment. One load and perhaps
// one byte swap: compilers do not reduce a loop over the bytes to that.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_native(const std::byte* p) noexcept {
  std::array<std::byte, sizeof(T)> raw{};
  for (std::size_t i = 0; i < sizeof(T); ++i) raw[i] = p[i];
  return std::bit_cast<T>(raw);
}
template <std::unsigned_integral T>
constexpr void store_native(std::byte* p, T v) noexcept {
  const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(v);
  for (std::size_t i = 0; i < sizeof(T); ++i) p[i] = raw[i];
}
inline constexpr bool kIsLittleEndian = std::endian::native == std::endian::little;

template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_be(const std::byte* p) noexcept {
  return kIsLittleEndian ? swap_bytes(load_native<T>(p)) : load_native<T>(p);
}
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_le(const std::byte* p) noexcept {
  return kIsLittleEndian ? load_native<T>(p) : swap_bytes(load_native<T>(p));
}
template <std::unsigned_integral T>
constexpr void store_be(std::byte* p, T v) noexcept {
  store_native(p, kIsLittleEndian ? swap_bytes(v) : v);
}
template <std::unsigned_integral T>
constexpr void store_le(std::byte* p, T v) noexcept {
  store_native(p, kIsLittleEndian ? v : swap_bytes(v));
}

// Returns the `n` bytes of `whole` at `at`. `at + n` is never computed, so it cannot wrap. Errors: truncated.
[[nodiscard]] constexpr result<bytes> slice(bytes whole, std::uint64_t at, std::uint64_t n) noexcept {
  if (at > whole.size() || n > whole.size() - at) return fail(errc::truncated, at, "range leaves the data");
  return whole.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(n));
}

// Returns `v` rounded up to a multiple of `unit` (> 0). The caller ensures that `v + unit - 1` does not wrap.
[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t v, std::uint64_t unit) noexcept {
  return (v + unit - 1) / unit * unit;
}

// Reads untrusted bytes forward; every read goes through take().
class cursor {
 public:
  // `at`: offset of rest[0] in the image, for messages.
  constexpr explicit cursor(bytes rest, std::uint64_t at = 0) noexcept : rest_(rest), at_(at) {}

  [[nodiscard]] constexpr std::uint64_t at() const noexcept { return at_; }
  [[nodiscard]] constexpr bytes rest() const noexcept { return rest_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return rest_.empty(); }

  [[nodiscard]] constexpr result<bytes> take(std::uint64_t n) noexcept {
    if (n > rest_.size()) return fail(errc::truncated, at_, "field runs past the end");
    const bytes head = rest_.first(static_cast<std::size_t>(n));
    rest_ = rest_.subspan(head.size());
    at_ += n;
    return head;
  }
  template <std::unsigned_integral T>
  [[nodiscard]] constexpr result<T> take_be() noexcept {
    DOCTEUR_TRY(field, take(sizeof(T)));
    return load_be<T>(field.data());
  }
  template <std::unsigned_integral T>
  [[nodiscard]] constexpr result<T> take_le() noexcept {
    DOCTEUR_TRY(field, take(sizeof(T)));
    return load_le<T>(field.data());
  }

 private:
  bytes rest_;
  std::uint64_t at_;
};

}  // namespace docteur
