#include "unikernel-example/application/http_range.hpp"

#include <algorithm>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {

range_set parse_range(std::string_view value, std::uint64_t size, std::uint32_t most) {
  using enum range_set::what;
  constexpr std::string_view unit = "bytes=";
  if (value.size() < unit.size() || !equal_ignoring_case(value.substr(0, unit.size()), unit)) return {ignored, {}};
  value.remove_prefix(unit.size());
  range_set out{unsatisfiable, {}};
  std::uint32_t asked = 0;
  std::uint64_t sum = 0;
  while (!value.empty()) {
    std::string_view spec = trim(take_until(value, ','));
    if (spec.empty()) continue;
    if (++asked > most) return {ignored, {}};
    const std::size_t dash = spec.find('-');
    if (dash == std::string_view::npos) return {ignored, {}};
    const auto first = parse_number(spec.substr(0, dash));
    const auto last = parse_number(spec.substr(dash + 1));
    const bool open_end = dash + 1 == spec.size();
    byte_range r{};
    if (dash == 0) {  // the last so many bytes
      if (!last) return {ignored, {}};
      r.size = std::min(*last, size);
      r.at = size - r.size;
    } else {
      if (!first || (!open_end && (!last || *last < *first))) return {ignored, {}};
      if (*first >= size) continue;
      r.at = *first;
      r.size = (open_end ? size - 1 : std::min(*last, size - 1)) - *first + 1;
    }
    if (r.size == 0) continue;
    out.state = some;
    out.ranges.push_back(r);
    sum += r.size;
  }
  if (asked == 0) return {ignored, {}};
  if (out.ranges.size() > 1 && sum > size) return {ignored, {}};
  return out;
}

}  // namespace docteur::cache_vm
