#pragma once
// Which bytes a Range field asks for (RFC 9110, section 14).

#include <cstdint>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

struct byte_range {
  std::uint64_t at;
  std::uint64_t size;  // > 0
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

struct range_set {
  enum class kind { ignored, some, unsatisfiable } state;
  std::vector<byte_range> ranges;  // some: in the order that was asked for
};

// What one part of many costs besides its bytes: its head, and finding its place.
inline constexpr std::uint64_t kRangeCost = 256;  // bytes
// So many ranges cost only their bytes, and so many may be before the end of the range in front of them.
inline constexpr std::uint32_t kFreeRanges = 16;

// `size`: bytes of the representation, whatever they are said to be. Ignored, so that the whole is sent: another unit,
// bad syntax, any range of nothing (section 14.2 leaves it open, and clients ask so for what may be empty), more than
// `most` ranges, and ranges that are more work than the whole (section 17.15 lets a server defend itself so): their
// bytes, with kRangeCost each when they are more than kFreeRanges, are more than `size`, or more than kFreeRanges of
// them go back.
[[nodiscard]] range_set parse_range(std::string_view value, std::uint64_t size, std::uint32_t most);

}  // namespace docteur::cache_vm
