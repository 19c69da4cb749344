#include "host/read_ahead.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint64_t kLeastRun = 128 << 10;  // bytes that were read forward before anything is read ahead
constexpr std::uint64_t kSkip = 64 << 10;       // bytes that a reader may skip and still read forward

}  // namespace

device_range read_ahead::note(std::uint64_t offset, std::uint64_t size) noexcept {
  const std::uint64_t end = offset + size;
  const std::lock_guard lock(guard_);
  const auto goes_on = [&](const stream& s) {
    return s.run > 0 && offset <= s.end + kSkip && end >= s.end && offset + kSkip >= s.end;
  };
  const auto found = std::ranges::find_if(streams_, goes_on);
  if (found == streams_.end()) {
    *std::ranges::min_element(streams_, {}, &stream::used) = {end, size, end, ++clock_};
    return {};
  }
  stream& s = *found;
  s.used = ++clock_;
  s.run += end - s.end;
  s.end = end;
  s.ahead = std::max(s.ahead, end);
  if (s.run < kLeastRun) return {};
  const std::uint64_t wanted = std::min(s.run, kMost);
  if (s.ahead - end > wanted / 2) return {};
  const std::uint64_t from = std::min(s.ahead, size_);
  s.ahead = std::min(end + wanted, size_);
  return {from, s.ahead - from};
}

}  // namespace docteur
