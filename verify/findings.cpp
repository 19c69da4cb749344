#include "verify/findings.hpp"
#include "base/oid_text.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace docteur {
namespace {

bool lies_before(const fault& a, const fault& b) {
  return std::tie(a.at, a.code, a.what) < std::tie(b.at, b.code, b.what);
}

}  // namespace

void findings::add(errc code, std::uint64_t at, std::string what) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (keep_ == 0) return;
  lowest_.push_back({code, at, std::move(what)});
  std::ranges::push_heap(lowest_, lies_before);
  if (lowest_.size() <= keep_) return;
  std::ranges::pop_heap(lowest_, lies_before);
  lowest_.pop_back();
}

void findings::remark(std::string text) {
  const std::lock_guard lock(mutex_);
  remarks_.push_back(std::move(text));
}

void findings::merge(findings&& other) {
  const std::uint64_t dropped = other.count_ - other.lowest_.size();
  for (fault& f : other.lowest_) add(f.code, f.at, std::move(f.what));
  for (std::string& text : other.remarks_) remark(std::move(text));
  const std::lock_guard lock(mutex_);
  count_ += dropped;
}

std::uint64_t findings::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

bool findings::any_in(std::uint64_t from, std::uint64_t to) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(lowest_, [=](const fault& f) { return f.at >= from && f.at < to; });
}

void findings::move_to(verify_report& to) {
  std::ranges::sort_heap(lowest_, lies_before);
  to.faults = std::move(lowest_);
  to.fault_count = count_;
  to.remarks = std::move(remarks_);
}

std::string object_text(std::string_view kind, const oid& id) {
  return std::string(kind).append(" ").append(hex_text(id));
}

}  // namespace docteur
