#pragma once
// The bytes that a Range field asks for (RFC 9110, section 14).

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
  std::vector<byte_range> ranges;  // kind::some: in the order of the request
};

// The cost of one part of many besides its bytes: its head, and a seek.
inline constexpr std::uint64_t kRangeCost = 256;  // bytes
// Up to this number of ranges, only their bytes count; and up to this number may begin before the end of the previous
// range.
inline constexpr std::uint32_t kFreeRanges = 16;

// `size`: bytes of the representation, which an image may claim to be anything. The field is ignored, so that the whole
// is sent, for: another unit, bad syntax, any range of an empty representation (section 14.2 permits it, and clients
// ask so for what may be empty), more than `most` ranges, and ranges that are more work than the whole (section 17.15
// permits this defence). Those are ranges whose bytes, plus kRangeCost each if there are more than kFreeRanges, exceed
// `size`, or of which more than kFreeRanges go backwards.
[[nodiscard]] range_set parse_range(std::string_view value, std::uint64_t size, std::uint32_t most);

}  // namespace docteur::cache_vm
