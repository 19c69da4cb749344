#include "pack/delta_encoder.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace docteur {
namespace {

constexpr std::size_t kWindow = 8;             // bytes hashed
constexpr std::size_t kShortestCopy = 14;      // found by hash; what is shorter deflates better as it is
constexpr std::size_t kShortestResumed = 8;    // going on in the base where the last copy would have been
constexpr std::size_t kLongestCopy = 0x10000;  // of version 2 packs: git writes no longer ones
constexpr std::size_t kLongestInsert = 127;

std::uint64_t load64(const std::byte* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

std::uint64_t mix(const std::byte* p) { return load_le<std::uint64_t>(p) * 0x9e3779b97f4a7c15u; }

// Bytes that `a` and `b` have in common from their start.
std::size_t common_prefix(bytes a, bytes b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t n = 0;
  while (n + 8 <= most && load64(a.data() + n) == load64(b.data() + n)) n += 8;
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

void put_size(std::uint64_t size, std::vector<std::byte>& out) {
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<std::byte>(size | 0x80));
  out.push_back(static_cast<std::byte>(size));
}

void put_insert(bytes literal, std::vector<std::byte>& out) {
  while (!literal.empty()) {
    const bytes piece = literal.first(std::min(literal.size(), kLongestInsert));
    literal = literal.subspan(piece.size());
    out.push_back(static_cast<std::byte>(piece.size()));
    out.insert(out.end(), piece.begin(), piece.end());
  }
}

void put_copy(std::size_t from, std::size_t size, std::vector<std::byte>& out) {
  while (size > 0) {
    const std::size_t piece = std::min(size, kLongestCopy);
    const std::size_t op_at = out.size();
    out.push_back({});
    unsigned op = 0x80;
    for (unsigned i = 0; i < 4; ++i) {
      const auto b = static_cast<std::byte>(from >> (8 * i) & 0xff);
      if (b != std::byte{}) out.push_back(b), op |= 1u << i;
    }
    // A size of 0x10000 is written as none.
    for (unsigned i = 0; i < 2; ++i) {
      const auto b = static_cast<std::byte>(piece >> (8 * i) & 0xff);
      if (b != std::byte{}) out.push_back(b), op |= 0x10u << i;
    }
    out[op_at] = static_cast<std::byte>(op);
    from += piece;
    size -= piece;
  }
}

}  // namespace

void delta_encoder::set_base(bytes base, const delta_effort& effort) {
  assert(base.size() <= kLargest);
  base_ = base;
  effort_ = effort;
  stride_ = std::max(effort.stride, static_cast<std::uint32_t>(base.size() / kIndexedPositions));
  const std::size_t positions = base.size() < kWindow ? 0 : (base.size() - kWindow) / stride_ + 1;
  const unsigned bits = std::max(8u, static_cast<unsigned>(std::bit_width(positions)));
  shift_ = 64 - bits;
  heads_.assign(std::size_t{1} << bits, 0);
  next_.resize(positions);
  // From the end, so that a chain begins with the lowest positions.
  for (std::size_t i = positions; i-- > 0;) {
    std::uint32_t& head = heads_[mix(base.data() + i * stride_) >> shift_];
    next_[i] = head;
    head = static_cast<std::uint32_t>(i + 1);
  }
}

delta_encoder::match delta_encoder::longest(bytes target, std::size_t at) const {
  match best;
  const std::uint64_t here = load64(target.data() + at);
  std::uint32_t tries = effort_.chain;
  for (std::uint32_t n = heads_[mix(target.data() + at) >> shift_]; n != 0 && tries-- > 0; n = next_[n - 1]) {
    const std::size_t from = std::size_t{n - 1} * stride_;
    if (load64(base_.data() + from) != here) continue;
    const std::size_t length = common_prefix(base_.subspan(from), target.subspan(at));
    if (length > best.length) best = {from, length};
  }
  return best;
}

bool delta_encoder::encode(bytes target, std::size_t most, std::vector<std::byte>& out) {
  assert(target.size() <= kLargest);
  out.clear();
  put_size(base_.size(), out);
  put_size(target.size(), out);
  std::size_t literal = 0;   // where bytes not yet written begin
  std::size_t inserted = 0;  // bytes written as literals
  std::size_t misses = 0;
  std::size_t resume_base = 0;  // where the base goes on after the last copy
  const std::size_t give_up_at = effort_.may_give_up ? std::max<std::size_t>(target.size() / 8, 256) : target.size();
  bool hoped = false;
  for (std::size_t at = 0; at + kWindow <= target.size();) {
    if (!hoped && at >= give_up_at) {
      hoped = true;
      if ((inserted + at - literal) * 100 > at * 88) return false;
    }
    // The diagonal of the last copy first: after a small change the base goes on beside the target.
    match m;
    const std::size_t beside = resume_base + (at - literal);
    if (literal > 0 && at > literal && at - literal <= 32 && beside < base_.size()) {
      m = {beside, common_prefix(base_.subspan(beside), target.subspan(at))};
      if (m.length < kShortestResumed) m = {};
    }
    if (m.length < 64) {
      const match other = longest(target, at);
      if (other.length >= kShortestCopy && other.length > m.length + 4)
        m = other;
      else if (m.length == 0 && other.length > 0) {
        // Too short forward; it may be long enough with what lies before.
        std::size_t back = 0;
        while (back < at - literal && back < other.base && base_[other.base - back - 1] == target[at - back - 1])
          ++back;
        if (other.length + back >= kShortestCopy) m = other;
      }
    }
    if (m.length == 0) {
      at += 1 + (misses++ >> effort_.patience);
      continue;
    }
    std::size_t back = 0;
    while (back < at - literal && back < m.base && base_[m.base - back - 1] == target[at - back - 1]) ++back;
    put_insert(target.subspan(literal, at - back - literal), out);
    put_copy(m.base - back, m.length + back, out);
    inserted += at - back - literal;
    if (out.size() > most) return false;
    at += m.length;
    literal = at;
    resume_base = m.base + m.length;
    misses = 0;
  }
  put_insert(target.subspan(literal), out);
  return out.size() <= most;
}

}  // namespace docteur
