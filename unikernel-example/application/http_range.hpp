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
  enum class what { ignored, some, unsatisfiable } state;
  std::vector<byte_range> ranges;  // some: in the order that was asked for
};

// `size`: bytes of the representation. Ignored, so that the whole is sent: another unit, bad syntax, more than `most`
// ranges, or ranges that sum up to more than the whole (section 17.15 lets a server defend itself so).
[[nodiscard]] range_set parse_range(std::string_view value, std::uint64_t size, std::uint32_t most);

}  // namespace docteur::cache_vm
