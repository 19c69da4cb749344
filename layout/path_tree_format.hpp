#pragma once
// How the path tree's nodes and leaves are stored in its block of memory. Only path_tree's own files include this.
//
// Node: u8 children - 1; prefix; then by the number of children
//   up to 16   key bytes ascending, then a reference each                 (Node4, Node16: exactly as many as there are)
//   up to 48   256 bytes: 0 or 1 + position of the reference, then a reference each                          (Node48)
//   above      256 references, kNoRef if there is none                                                      (Node256)
// Leaf: u32 record; suffix: what follows the branch byte in the key, without the closing NUL.
// Prefix and suffix: u8 length, or 255 and a u16 length; then the bytes. References and records: native order.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "object/bytes.hpp"

namespace docteur::path_tree_format {

inline constexpr std::uint32_t kLeaf = 0x80000000;
inline constexpr std::uint32_t kNoRef = 0xffffffff;
inline constexpr std::size_t kLinear = 16;   // the most children of a Node4 or Node16
inline constexpr std::size_t kIndexed = 48;  // the most children of a Node48
inline constexpr std::size_t kLongText = 255;

inline std::uint32_t load_ref(const std::byte* p) noexcept {
  std::uint32_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Size of a text of `n` bytes with its length in front.
constexpr std::size_t text_size(std::size_t n) noexcept { return n + (n < kLongText ? 1 : 3); }

// memcpy() for texts that mostly have a few bytes; those are copied without a function call.
inline void copy_text(void* to, const void* from, std::size_t n) noexcept {
  auto* const out = static_cast<std::byte*>(to);
  const auto* const in = static_cast<const std::byte*>(from);
  const auto both_ends = [&]<class T>(T low, T high) {  // the two ends may overlap
    std::memcpy(&low, in, sizeof low);
    std::memcpy(&high, in + n - sizeof high, sizeof high);
    std::memcpy(out, &low, sizeof low);
    std::memcpy(out + n - sizeof high, &high, sizeof high);
  };
  if (n > 32) {
    std::memcpy(out, in, n);
  } else if (n >= 16) {
    both_ends(std::array<std::uint64_t, 2>{}, std::array<std::uint64_t, 2>{});
  } else if (n >= 8) {
    both_ends(std::uint64_t{}, std::uint64_t{});
  } else if (n >= 4) {
    both_ends(std::uint32_t{}, std::uint32_t{});
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] = in[i];
  }
}

// The same if kCopySlack bytes after the source may be read and after the target be overwritten: then texts of the
// usual length need no branch.
inline constexpr std::size_t kCopySlack = 32;
inline void copy_with_slack(std::byte* to, const char* from, std::size_t n) noexcept {
  std::size_t i = 0;
  do {
    std::memcpy(to + i, from + i, kCopySlack);
    i += kCopySlack;
  } while (i < n);
}

// Writes the length and the text; `p` and `text` are followed by kCopySlack bytes.
inline std::byte* put_text(std::byte* p, std::string_view text) noexcept {
  if (text.size() < kLongText) [[likely]] {
    *p++ = static_cast<std::byte>(text.size());
  } else {
    *p++ = static_cast<std::byte>(kLongText);
    store_le(p, static_cast<std::uint16_t>(text.size()));
    p += 2;
  }
  copy_with_slack(p, text.data(), text.size());
  return p + text.size();
}

inline std::string_view take_text(const std::byte*& p) noexcept {
  std::size_t n = std::to_integer<std::size_t>(*p++);
  if (n == kLongText) {
    n = load_le<std::uint16_t>(p);
    p += 2;
  }
  const std::string_view text(reinterpret_cast<const char*>(p), n);
  p += n;
  return text;
}

}  // namespace docteur::path_tree_format
