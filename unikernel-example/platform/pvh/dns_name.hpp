#pragma once
// Names of DNS as they are in messages (RFC 1035, sections 3.1 and 4.1.4).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "object/bytes.hpp"

namespace docteur::cache_vm::pvh {

// Labels, each behind its length, in lower case, and an empty one.
class dns_name {
 public:
  dns_name() = default;
  // Labels with dots between them. What exceeds 255 bytes is left out.
  explicit constexpr dns_name(std::string_view dotted) noexcept {
    while (!dotted.empty()) {
      const std::size_t n = dotted.find('.');
      static_cast<void>(add(as_label(dotted.substr(0, n))));
      dotted.remove_prefix(n == dotted.npos ? dotted.size() : n + 1);
    }
  }
  // The first label and the rest.
  constexpr dns_name(std::string_view label, const dns_name& rest) noexcept {
    static_cast<void>(add(as_label(label)));
    for (std::size_t i = 0; i < rest.size_ && size_ + 1 < all_.size(); ++i) all_[size_++] = rest.all_[i];
  }

  // The bytes of a message, without compression.
  [[nodiscard]] bytes wire() const noexcept { return bytes{all_}.first(size_ + 1); }
  [[nodiscard]] bool operator==(const dns_name& other) const noexcept {
    return size_ == other.size_ && all_ == other.all_;
  }

  // Adds a label of 1 to 63 bytes. False when the name would be too long.
  [[nodiscard]] constexpr bool add(bytes label) noexcept {
    if (label.size() > 63 || size_ + label.size() + 2 > all_.size()) return false;
    all_[size_++] = static_cast<std::byte>(label.size());
    for (const std::byte b : label) {
      const auto c = std::to_integer<unsigned>(b);
      all_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<std::byte>(c + 32) : b;
    }
    return true;
  }

 private:
  struct label_bytes {
    std::array<std::byte, 63> all{};
    std::size_t size = 0;
    constexpr operator bytes() const noexcept { return bytes{all}.first(size); }
  };
  [[nodiscard]] static constexpr label_bytes as_label(std::string_view text) noexcept {
    label_bytes out;
    for (const char c : text.substr(0, out.all.size())) out.all[out.size++] = static_cast<std::byte>(c);
    return out;
  }

  std::array<std::byte, 255> all_{};  // zeros behind the labels
  std::size_t size_ = 0;
};

// The name at `at` of a message, untrusted, and moves `at` behind it. nullopt when it is not valid: a pointer must lead
// to an earlier place than any before it, so that reading ends.
[[nodiscard]] std::optional<dns_name> read_dns_name(bytes message, std::size_t& at) noexcept;

}  // namespace docteur::cache_vm::pvh
