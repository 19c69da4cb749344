#include "unikernel-example/application/http_range.hpp"

#include <algorithm>
#include <optional>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

// One range-spec or suffix-range (section 14.1.1) of a representation of `size` bytes; of size 0 when it contains none
// of them, nullopt when it is malformed.
std::optional<byte_range> parse_spec(std::string_view spec, std::uint64_t size) noexcept {
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number(spec.substr(0, dash));
  const auto last = parse_number(spec.substr(dash + 1));
  if (dash == 0) {  // the last N bytes
    if (!last) return std::nullopt;
    const std::uint64_t n = std::min(*last, size);
    return byte_range{size - n, n};
  }
  const bool open_end = dash + 1 == spec.size();
  if (!first || (!open_end && (!last || *last < *first))) return std::nullopt;
  if (*first >= size) return byte_range{size, 0};
  return byte_range{*first, (open_end ? size - 1 : std::min(*last, size - 1)) - *first + 1};
}

// Whether sending the ranges is more work than sending the whole. Sizes are claims of an image: they are compared,
// never added.
bool costs_too_much(const std::vector<byte_range>& ranges, std::uint64_t size) noexcept {
  if (ranges.size() < 2) return false;
  std::uint64_t left = size;
  const bool heads_count = ranges.size() > kFreeRanges;
  for (const byte_range& r : ranges) {
    if (r.size > left) return true;
    left -= r.size;
    if (!heads_count) continue;
    if (left < kRangeCost) return true;
    left -= kRangeCost;
  }
  std::uint32_t back = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].at < ranges[i - 1].at + ranges[i - 1].size) ++back;  // no overflow: both are at most `size`
  return back > kFreeRanges;
}

}  // namespace

range_set parse_range(std::string_view value, std::uint64_t size, std::uint32_t most) {
  using enum range_set::kind;
  constexpr std::string_view unit = "bytes=";
  if (value.size() < unit.size() || !equal_ignoring_case(value.substr(0, unit.size()), unit)) return {ignored, {}};
  value.remove_prefix(unit.size());
  range_set out{unsatisfiable, {}};
  std::uint32_t asked = 0;
  while (!value.empty()) {
    const std::string_view spec = trim(take_until(value, ','));
    if (spec.empty()) continue;
    if (++asked > most) return {ignored, {}};
    const auto r = parse_spec(spec, size);
    if (!r) return {ignored, {}};
    if (r->size == 0) continue;
    out.state = some;
    out.ranges.push_back(*r);
  }
  if (asked == 0 || size == 0 || costs_too_much(out.ranges, size)) return {ignored, {}};
  return out;
}

}  // namespace docteur::cache_vm
