#pragma once
// Object ids, of either kind of hash, and object types (`git help gitglossary`, "object name"). Guest-safe.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "object/bytes.hpp"

namespace docteur {

// The hash that a repository names its objects by: its object format (`git help init`, "--object-format"), with the
// numbers that Git uses in files (`git help gitformat-pack`, multi-pack-index, "object ID version").
enum class hash_kind : std::uint8_t { sha1 = 1, sha256 = 2 };

// Only this constant and id_size() know the length of ids.
inline constexpr std::size_t kMaxIdSize = 32;  // bytes
inline constexpr std::size_t kMaxHexSize = 2 * kMaxIdSize;

// Bytes of an id, and of every checksum that Git makes with the same hash; characters of its hexadecimal text.
[[nodiscard]] constexpr std::size_t id_size(hash_kind kind) noexcept { return kind == hash_kind::sha1 ? 20 : 32; }
[[nodiscard]] constexpr std::size_t hex_size(hash_kind kind) noexcept { return 2 * id_size(kind); }

// "sha1", "sha256": extensions.objectFormat.
[[nodiscard]] constexpr std::string_view name(hash_kind kind) noexcept {
  return kind == hash_kind::sha1 ? "sha1" : "sha256";
}

class oid {
 public:
  // The null id of SHA-1: all zeros.
  constexpr oid() noexcept = default;
  // The null id of a kind.
  constexpr explicit oid(hash_kind kind) noexcept : kind_(kind) {}
  // `raw`: id_size(kind) bytes.
  [[nodiscard]] static oid from(const std::byte* raw, hash_kind kind) noexcept {
    oid id(kind);
    std::memcpy(id.raw_.data(), raw, id_size(kind));
    return id;
  }

  [[nodiscard]] constexpr hash_kind kind() const noexcept { return kind_; }
  // The id as stored in files: id_size(kind()) bytes.
  [[nodiscard]] constexpr bytes view() const noexcept { return bytes(raw_).first(id_size(kind_)); }
  [[nodiscard]] constexpr mutable_bytes view() noexcept { return mutable_bytes(raw_).first(id_size(kind_)); }

  // The bytes after a SHA-1 are zero, so that both kinds compare alike.
  friend bool operator==(const oid& a, const oid& b) noexcept { return std::memcmp(&a, &b, sizeof(oid)) == 0; }
  friend std::strong_ordering operator<=>(const oid& a, const oid& b) noexcept {
    return std::memcmp(&a, &b, sizeof(oid)) <=> 0;
  }

 private:
  std::array<std::byte, kMaxIdSize> raw_{};
  hash_kind kind_ = hash_kind::sha1;
};
static_assert(sizeof(oid) == kMaxIdSize + 1 && alignof(oid) == 1);

// Lower-case hexadecimal digits.
class oid_hex {
 public:
  constexpr explicit oid_hex(hash_kind kind) noexcept : size_(hex_size(kind)) {}
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr const char* data() const noexcept { return text_.data(); }
  [[nodiscard]] constexpr char* data() noexcept { return text_.data(); }
  [[nodiscard]] constexpr const char* begin() const noexcept { return data(); }
  [[nodiscard]] constexpr const char* end() const noexcept { return data() + size_; }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {data(), size_}; }

 private:
  std::array<char, kMaxHexSize> text_{};
  std::size_t size_;
};

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
  oid_hex out(id.kind());
  const bytes raw = id.view();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::array<char, 2>& pair = detail::kHexPairs[std::to_integer<std::size_t>(raw[i])];
    out.data()[2 * i] = pair[0];
    out.data()[2 * i + 1] = pair[1];
  }
  return out;
}

// Parses exactly hex_size(kind) lower-case hexadecimal digits, as Git writes them in objects. Errors: malformed.
[[nodiscard]] constexpr result<oid> parse_hex(std::string_view text, hash_kind kind) noexcept {
  if (text.size() != hex_size(kind))
    return fail(
        errc::malformed, 0,
        kind == hash_kind::sha1 ? "an object id has 40 hexadecimal digits" : "an object id has 64 hexadecimal digits");
  oid id(kind);
  const mutable_bytes raw = id.view();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    unsigned v = 0;
    if (c >= '0' && c <= '9') {
      v = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      v = static_cast<unsigned>(c - 'a') + 10;
    } else {
      return fail(errc::malformed, i, "not a lower-case hexadecimal digit");
    }
    raw[i / 2] |= static_cast<std::byte>(v << (i % 2 == 0 ? 4 : 0));
  }
  return id;
}

// The four types of object, with their numbers in a PACK (gitformat-pack).
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
