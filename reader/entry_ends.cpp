#include "reader/entry_ends.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace docteur {
namespace {

constexpr unsigned kMostDigit = 11;  // bits: the places written to in one pass fit into the processor's caches

// Radix sort, least significant digit first: a few passes without comparisons. All digits have the same size, the
// smallest for that number of passes.
template <class T>
result<owned_array<T>> sorted(const idx_offsets& offsets, std::uint32_t count, const memory& from) noexcept {
  DOCTEUR_TRY(values, owned_array<T>::make(from, count));
  DOCTEUR_TRY(other, owned_array<T>::make(from, count));
  T all = 0;
  for (std::uint32_t i = 0; i < count; ++i) all |= values[i] = static_cast<T>(offsets[i]);
  const auto bits = static_cast<unsigned>(std::bit_width(all));
  const unsigned passes = (bits + kMostDigit - 1) / kMostDigit;
  if (passes == 0) return values;
  const unsigned size = (bits + passes - 1) / passes;
  DOCTEUR_TRY(ends, owned_array<std::uint32_t>::make(from, std::size_t{1} << size));
  for (unsigned shift = 0; shift < bits; shift += size) {
    const auto digit = [&](T v) { return static_cast<std::size_t>(v >> shift) & (ends.size() - 1); };
    std::fill(ends.begin(), ends.end(), 0u);
    for (const T v : values.span()) ++ends[digit(v)];
    std::uint32_t before = 0;
    for (std::uint32_t& e : ends.span()) before += std::exchange(e, before);
    for (const T v : values.span()) other[ends[digit(v)]++] = v;
    std::swap(values, other);
  }
  return values;
}

template <class T>
bool has_twins(const owned_array<T>& values) noexcept {
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

template <class T>
std::uint64_t above(const owned_array<T>& values, std::uint64_t offset, std::uint64_t limit) noexcept {
  const auto next = std::upper_bound(values.begin(), values.end(), offset);
  return next == values.end() ? limit : *next;
}

}  // namespace

result<entry_ends> entry_ends::make(const idx_offsets& offsets, std::uint32_t count, const memory& from,
                                    std::uint64_t at) noexcept {
  entry_ends e;
  if (offsets.wide_count() == 0) {
    DOCTEUR_TRY(narrow, sorted<std::uint32_t>(offsets, count, from));
    e.narrow_ = std::move(narrow);
  } else {
    DOCTEUR_TRY(wide, sorted<std::uint64_t>(offsets, count, from));
    e.wide_ = std::move(wide);
  }
  if (has_twins(e.narrow_) || has_twins(e.wide_)) return fail(errc::malformed, at, "two objects at one offset");
  return e;
}

std::uint64_t entry_ends::after(std::uint64_t offset, std::uint64_t limit) const noexcept {
  return wide_.empty() ? above(narrow_, offset, limit) : above(wide_, offset, limit);
}

}  // namespace docteur
