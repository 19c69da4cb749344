#pragma once
// Which ranges of a file are asked for, so that few requests bring what is missing. Hosted.

#include <cstdint>
#include <vector>

#include "remote/http_verdict.hpp"

namespace docteur {

// Lists of ranges are ascending and disjoint; no range is empty.
using range_list = std::vector<byte_range>;

[[nodiscard]] std::uint64_t total_size(const range_list& ranges) noexcept;
// The bytes of `ranges` that are in none of `others`.
[[nodiscard]] range_list without(const range_list& ranges, const range_list& others);
// The bytes of `ranges` that are in one of `others`, too.
[[nodiscard]] range_list common(const range_list& ranges, const range_list& others);
// The ranges of `all` that may have bytes of `range`, found in logarithmic time.
[[nodiscard]] range_list near(const range_list& all, byte_range range);
// The bytes of both.
[[nodiscard]] range_list joined(const range_list& some, const range_list& others);

struct request_bounds {
  std::uint64_t gap;     // bytes: smaller gaps are fetched with what is around them, as a range costs as much
  std::size_t requests;  // more are not sent: the smallest gaps are fetched, too
};
// Returns ranges that cover `missing`, begin and end with it, and have as few bytes between as the bounds allow.
[[nodiscard]] range_list merged(const range_list& missing, const request_bounds& bounds);

// Returns at most `requests` ranges that cover `missing`, each from the begin of one range to the end of another, with
// about the same number of ranges in each.
[[nodiscard]] range_list grouped(const range_list& missing, std::size_t requests);

}  // namespace docteur
