#pragma once
// Git's delta format (`git help gitformat-pack`, "Deltified representation"): size of the base, size of the result,
// then instructions: copy a range of the base, or insert literal bytes. Guest-safe.

#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

struct delta_header {
  std::uint64_t base_size;    // bytes
  std::uint64_t result_size;  // bytes
  std::uint32_t header_size;  // bytes of the delta before its instructions
};

// The longest header: two sizes of ten bytes.
inline constexpr std::size_t kMaxDeltaHeader = 20;

// Reads the header; `delta` may end behind it. `at`: where the delta is in the image, for messages, as in all functions
// here. Errors: truncated, malformed (a size over 64 bits).
[[nodiscard]] result<delta_header> decode_delta_header(bytes delta, std::uint64_t at) noexcept;

// Returns how many bytes the instructions of `delta` make, whatever its header promises. Errors: malformed (reserved
// instruction), truncated.
[[nodiscard]] result<std::uint64_t> measure_delta(bytes delta, std::uint64_t at) noexcept;

// Rebuilds the object into `out`. `base.size()` must be the delta's base size and `out.size()` its result size; both
// are checked. `out` must not overlap `base` or `delta`. Errors: malformed (reserved instruction, wrong sizes),
// out_of_range (a copy outside the base), truncated. On error the contents of `out` are unspecified.
[[nodiscard]] result<done> apply_delta(bytes base, bytes delta, mutable_bytes out, std::uint64_t at) noexcept;

}  // namespace docteur
