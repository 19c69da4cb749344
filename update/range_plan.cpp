#include "update/range_plan.hpp"

#include <algorithm>
#include <functional>

namespace docteur {
namespace {

std::uint64_t end_of(const byte_range& r) { return r.offset + r.size; }

void append(range_list& to, std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  if (!to.empty() && end_of(to.back()) >= begin) {
    to.back().size = std::max(end_of(to.back()), end) - to.back().offset;
  } else {
    to.push_back({begin, end - begin});
  }
}

}  // namespace

std::uint64_t total_size(const range_list& ranges) noexcept {
  std::uint64_t sum = 0;
  for (const byte_range& r : ranges) sum += r.size;
  return sum;
}

range_list without(const range_list& ranges, const range_list& others) {
  range_list left;
  auto cut = others.begin();
  for (const byte_range& r : ranges) {
    std::uint64_t at = r.offset;
    while (cut != others.end() && end_of(*cut) <= at) ++cut;
    for (auto c = cut; c != others.end() && c->offset < end_of(r); ++c) {
      append(left, at, c->offset);
      at = std::max(at, end_of(*c));
    }
    append(left, at, end_of(r));
  }
  return left;
}

range_list common(const range_list& ranges, const range_list& others) {
  return without(ranges, without(ranges, others));
}

range_list near(const range_list& all, byte_range range) {
  const auto ends_before = [](const byte_range& r, std::uint64_t at) { return r.offset + r.size <= at; };
  const auto begin = std::lower_bound(all.begin(), all.end(), range.offset, ends_before);
  const auto end = std::ranges::lower_bound(begin, all.end(), range.offset + range.size, {}, &byte_range::offset);
  return {begin, end};
}

range_list joined(const range_list& some, const range_list& others) {
  range_list all(some);
  all.insert(all.end(), others.begin(), others.end());
  std::ranges::sort(all, {}, &byte_range::offset);
  range_list out;
  for (const byte_range& r : all) append(out, r.offset, end_of(r));
  return out;
}

range_list merged(const range_list& missing, const request_bounds& bounds) {
  // Gaps that stay: the largest ones, as many as the number of requests allows.
  std::vector<std::uint64_t> gaps;
  for (std::size_t i = 1; i < missing.size(); ++i) gaps.push_back(missing[i].offset - end_of(missing[i - 1]));
  std::ranges::sort(gaps, std::greater<>());
  const std::size_t most = std::max<std::size_t>(bounds.requests, 1) - 1;
  const std::uint64_t least = std::max(bounds.gap, most < gaps.size() ? gaps[most] + 1 : 0);
  range_list out;
  for (const byte_range& r : missing) {
    if (!out.empty() && r.offset - end_of(out.back()) < least) {
      out.back().size = end_of(r) - out.back().offset;
    } else {
      out.push_back(r);
    }
  }
  return out;
}

range_list grouped(const range_list& missing, std::size_t requests) {
  const std::size_t each = (missing.size() + requests - 1) / requests;
  range_list out;
  for (std::size_t i = 0; i < missing.size(); i += each) {
    const byte_range& last = missing[std::min(i + each, missing.size()) - 1];
    out.push_back({missing[i].offset, end_of(last) - missing[i].offset});
  }
  return out;
}

}  // namespace docteur
