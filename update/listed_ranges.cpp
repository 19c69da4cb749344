#include "update/listed_ranges.hpp"

#include <chrono>

namespace docteur {
namespace {

constexpr std::chrono::milliseconds kTick{100};  // between looks at signals

}  // namespace

listed_ranges::listed_ranges(range_client& client, range_list ranges, sink to)
    : listed_ranges(client, ranges, ranges, std::move(to)) {}

listed_ranges::listed_ranges(range_client& client, range_list spans, range_list wanted, sink to)
    : client_(client),
      ranges_(std::move(spans)),
      wanted_(std::move(wanted)),
      sink_(std::move(to)),
      left_(ranges_.size()) {
  client_.serve(this);
}

listed_ranges::~listed_ranges() { client_.serve(nullptr); }

outcome<void> listed_ranges::wait(const progress& report) {
  std::unique_lock lock(guard_);
  while (left_ > 0 && !why_) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    changed_.wait_for(lock, kTick);
  }
  if (why_) return tl::make_unexpected(*why_);
  return {};
}

std::optional<byte_range> listed_ranges::next() {
  {
    const std::lock_guard lock(guard_);
    if (why_) return std::nullopt;
  }
  if (next_ == ranges_.size()) return std::nullopt;
  return ranges_[next_++];
}

std::vector<byte_range> listed_ranges::parts(byte_range range) { return common(near(wanted_, range), {range}); }

bool listed_ranges::take(byte_range, std::uint64_t at, bytes piece) {
  outcome<void> taken;
  for (const byte_range& r : common({{at, piece.size()}}, near(wanted_, {at, piece.size()})))
    if (taken) taken = sink_(r.offset, piece.subspan(r.offset - at, r.size));
  if (taken) return true;
  const std::lock_guard lock(guard_);
  if (!why_) why_ = std::move(taken.error());
  changed_.notify_all();
  return false;
}

void listed_ranges::end(byte_range, const std::optional<range_failure>& why) {
  const std::lock_guard lock(guard_);
  --left_;
  if (why && !why_) why_ = failure{blame::environment, why->text};
  if (left_ == 0 || why_) changed_.notify_all();
}

}  // namespace docteur
