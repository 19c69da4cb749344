#pragma once
// Content codings (RFC 9110, section 8.4.1) and the field Accept-Encoding (section 12.5.3).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace docteur::cache_vm {

// br: RFC 7932; zstd: RFC 8878; dcz: RFC 9842, section 5.
enum class coding : std::uint8_t { identity, deflate, gzip, br, zstd, dcz };
inline constexpr std::size_t kCodings = 6;

// The name in Content-Encoding.
[[nodiscard]] std::string_view name(coding c) noexcept;

// What a request accepts.
class accepted_codings {
 public:
  // `field`: the value of Accept-Encoding. Without the field only the plain content is sent: section 12.5.3 permits any
  // coding then, but who does not know codings does not send the field. What is malformed is skipped.
  explicit accepted_codings(std::optional<std::string_view> field) noexcept;

  // 0: not acceptable. Only comparisons mean something. Plain content that the field does not name is acceptable, and
  // weighs less than what it names.
  [[nodiscard]] unsigned weight(coding c) const noexcept { return weights_[static_cast<std::size_t>(c)]; }

 private:
  std::array<unsigned, kCodings> weights_{};
};

}  // namespace docteur::cache_vm
