#pragma once
// The ranges of data that arrived out of order, from a TCP segment's options (RFC 2018).

#include <array>
#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"

namespace docteur::cache_vm::pvh {

struct sequence_range {
  std::uint32_t begin, end;
  friend bool operator==(const sequence_range&, const sequence_range&) = default;
};

struct arrived_ranges {
  std::array<sequence_range, 4> all{};  // 40 bytes of options have no room for more
  std::size_t count = 0;
};

// `options` are untrusted: a truncated or invalid option ends the search.
[[nodiscard]] constexpr arrived_ranges read_sack(bytes options) noexcept {
  constexpr unsigned kEnd = 0, kNothing = 1, kSack = 5;
  arrived_ranges out;
  while (!options.empty()) {
    const auto kind = std::to_integer<unsigned>(options[0]);
    if (kind == kEnd) return out;
    if (kind == kNothing) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2) return out;
    const auto size = std::to_integer<std::size_t>(options[1]);
    if (size < 2 || size > options.size()) return out;
    if (kind == kSack) {
      for (std::size_t at = 2; at + 8 <= size && out.count < out.all.size(); at += 8)
        out.all[out.count++] = {load_be<std::uint32_t>(options.data() + at),
                                load_be<std::uint32_t>(options.data() + at + 4)};
    }
    options = options.subspan(size);
  }
  return out;
}

}  // namespace docteur::cache_vm::pvh
