#pragma once
// Object ids and object types (`git help gitglossary`, "object name"). Guest-safe.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "object/bytes.hpp"

namespace docteur {

// The one place that knows how long an id is.
inline constexpr std::size_t kOidSize = 20;     // bytes, SHA-1
inline constexpr std::size_t kOidHexSize = 40;  // characters

struct oid {
  std::array<std::byte, kOidSize> raw{};

  [[nodiscard]] static oid from(const std::byte* p) noexcept {
    oid id;
    std::memcpy(id.raw.data(), p, kOidSize);
    return id;
  }
  friend bool operator==(const oid& a, const oid& b) noexcept {
    return std::memcmp(a.raw.data(), b.raw.data(), kOidSize) == 0;
  }
  friend std::strong_ordering operator<=>(const oid& a, const oid& b) noexcept {
    return std::memcmp(a.raw.data(), b.raw.data(), kOidSize) <=> 0;
  }
};
static_assert(sizeof(oid) == kOidSize && alignof(oid) == 1);

using oid_hex = std::array<char, kOidHexSize>;

namespace detail {
// The two digits of each byte.
inline constexpr auto kHexPairs = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t b = 0; b < pairs.size(); ++b) pairs[b] = {digits[b >> 4], digits[b & 15]};
  return pairs;
}();
}  // namespace detail

[[nodiscard]] constexpr oid_hex to_hex(const oid& id) noexcept {
  oid_hex out{};
  for (std::size_t i = 0; i < kOidSize; ++i) {
    const std::array<char, 2>& pair = detail::kHexPairs[std::to_integer<std::size_t>(id.raw[i])];
    out[2 * i] = pair[0];
    out[2 * i + 1] = pair[1];
  }
  return out;
}

// Exactly 40 lower-case hexadecimal digits, as Git writes them in objects.
[[nodiscard]] constexpr result<oid> parse_hex(std::string_view text) noexcept {
  if (text.size() != kOidHexSize) return fail(errc::malformed, 0, "an object id has 40 hexadecimal digits");
  oid id;
  for (std::size_t i = 0; i < kOidHexSize; ++i) {
    const char c = text[i];
    unsigned v = 0;
    if (c >= '0' && c <= '9') {
      v = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      v = static_cast<unsigned>(c - 'a') + 10;
    } else {
      return fail(errc::malformed, i, "not a lower-case hexadecimal digit");
    }
    id.raw[i / 2] |= static_cast<std::byte>(v << (i % 2 == 0 ? 4 : 0));
  }
  return id;
}

// The four kinds of object, with the numbers a PACK gives them (gitformat-pack).
enum class object_type : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4 };

[[nodiscard]] constexpr std::string_view name(object_type type) noexcept {
  switch (type) {
    case object_type::commit: return "commit";
    case object_type::tree: return "tree";
    case object_type::blob: return "blob";
    case object_type::tag: return "tag";
  }
  return "";
}

}  // namespace docteur
