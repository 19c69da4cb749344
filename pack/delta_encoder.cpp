#include "pack/delta_encoder.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "pack/match.hpp"

namespace docteur {
namespace {

// All in bytes, except kHopelessPercent.
constexpr std::size_t kWindow = 8;             // hashed at each indexed position
constexpr std::size_t kShortestCopy = 14;      // of a match found by hash: shorter ones deflate better as literals
constexpr std::size_t kResumedWithin = 32;     // the last copy's diagonal is tried so far behind the copy
constexpr std::size_t kLongEnough = 64;        // a match on the diagonal this long is taken without asking the index
constexpr std::size_t kTakenAtOnce = 1024;     // a match this long is taken without looking for a later one
constexpr std::size_t kLaterIsWorth = 4;       // a match that begins later must be longer by more than this
constexpr std::size_t kCloserIsWorth = 4;      // one off the diagonal, too: copies on it deflate better
constexpr std::size_t kLeastTrial = 256;       // of the target, tried before giving up
constexpr std::size_t kHopelessPercent = 88;   // give up if more than this part of what was tried is literals
constexpr std::size_t kLongestCopy = 0x10000;  // git writes no longer copies in PACKs of version 2
constexpr std::size_t kLongestInsert = 127;

// An entry of the index, 32 bits: 1 + the number of an indexed position in the lower 21, hash bits (a tag) above:
// most positions with the same head but another hash are passed over without touching the base.
constexpr std::uint32_t kNumber = 2 * delta_encoder::kIndexedPositions - 1;
std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 8) & ~kNumber; }

// 2^64 / golden ratio (Knuth, volume 3, 6.4)
std::uint64_t mix(const std::byte* p) { return load_le<std::uint64_t>(p) * 0x9e3779b97f4a7c15u; }

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

// A copy is an opcode, 1sssoooo, and the nonzero bytes of offset and size, least significant first; each bit o and s
// says that one of them follows. Offset 0x1200, size 5: 1001 0010, 12, 05.
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
    // A size of 0x10000 is written as no bytes at all.
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
  stride_ =
      std::max(effort.stride, static_cast<std::uint32_t>((base.size() + kIndexedPositions - 1) / kIndexedPositions));
  const std::size_t positions = base.size() < kWindow ? 0 : (base.size() - kWindow) / stride_ + 1;
  const unsigned bits = std::max(8u, static_cast<unsigned>(std::bit_width(positions)));
  head_shift_ = 64 - bits;
  filter_shift_ = 64 - (bits - 3);  // eight bits per head, in words of 64 bits
  heads_.assign(std::size_t{1} << bits, 0);
  filter_.assign(std::size_t{1} << (bits - 3), 0);
  next_.resize(positions);
  // Backwards, so that each chain begins with the lowest positions.
  for (std::size_t i = positions; i-- > 0;) {
    const std::uint64_t hash = mix(base.data() + i * stride_);
    std::uint32_t& head = heads_[hash >> head_shift_];
    next_[i] = head;
    head = tag_of(hash) | static_cast<std::uint32_t>(i + 1);
    filter_[hash >> filter_shift_] |= std::uint64_t{1} << (hash >> (filter_shift_ - 6) & 63);
  }
}

bool delta_encoder::may_exceed(bytes target, std::size_t at, std::size_t from, std::size_t length) const {
  if (length < kWindow) return true;
  const std::size_t last = length + 1 - kWindow;
  return from + length < base_.size() && at + length < target.size() &&
         load_le<std::uint64_t>(base_.data() + from + last) == load_le<std::uint64_t>(target.data() + at + last);
}

delta_encoder::match delta_encoder::longest(bytes target, std::size_t at, std::uint64_t hash) const {
  match best;
  const std::uint32_t tag = tag_of(hash);
  std::uint32_t tries = effort_.chain;
  for (std::uint32_t n = heads_[hash >> head_shift_]; n != 0 && tries-- > 0; n = next_[(n & kNumber) - 1]) {
    if ((n & ~kNumber) != tag) continue;
    const std::size_t from = std::size_t{(n & kNumber) - 1} * stride_;
    if (!may_exceed(target, at, from, best.length)) continue;
    const std::size_t length = common_prefix(base_.subspan(from), target.subspan(at));
    if (length > best.length) best = {from, length};
  }
  return best;
}

std::size_t delta_encoder::reach_back(bytes target, std::size_t from, std::size_t at, std::size_t base) const {
  std::size_t back = 0;
  while (back < at - from && back < base && base_[base - back - 1] == target[at - back - 1]) ++back;
  return back;
}

delta_encoder::match delta_encoder::find(bytes target, std::size_t literal, std::size_t at, std::size_t resume) const {
  // The diagonal of the last copy first: behind a small change, base and target usually go on in step.
  //
  //   base     ...last copy|old|goes on...      resume: behind the last copy in the base
  //   target   ...last copy|new|goes on...      literal: behind it in the target; at: here
  match here;
  const std::size_t beside = resume + (at - literal);
  if (resume > 0 && at > literal && at - literal <= kResumedWithin && beside + kWindow <= base_.size() &&
      load_le<std::uint64_t>(base_.data() + beside) == load_le<std::uint64_t>(target.data() + at))
    here = {beside, common_prefix(base_.subspan(beside), target.subspan(at))};
  if (here.length >= kLongEnough) return here;
  const std::uint64_t hash = mix(target.data() + at);
  if (!may_have(hash)) return here;
  const match other = longest(target, at, hash);
  if (other.length <= here.length + kCloserIsWorth) return here;
  if (other.length >= kShortestCopy || other.length + reach_back(target, literal, at, other.base) >= kShortestCopy)
    return other;
  return here;
}

delta_encoder::copy delta_encoder::extended_back(bytes target, std::size_t literal, std::size_t at, match m) const {
  const std::size_t back = reach_back(target, literal, at, m.base);
  return {at - back, m.base - back, m.length + back};
}

delta_encoder::copy delta_encoder::longest_nearby(bytes target, std::size_t literal, std::size_t at, std::size_t resume,
                                                  match m) const {
  copy best = extended_back(target, literal, at, m);
  for (std::uint32_t left = effort_.lazy;
       left-- > 0 && best.length < kTakenAtOnce && ++at + kWindow <= target.size();) {
    const match later = find(target, literal, at, resume);
    if (later.length == 0) continue;
    const copy other = extended_back(target, literal, at, later);
    if (other.length <= best.length + kLaterIsWorth) continue;
    best = other;
    left = effort_.lazy;
  }
  return best;
}

bool delta_encoder::encode(bytes target, std::size_t most, std::vector<std::byte>& out) {
  assert(target.size() <= kLargest);
  out.clear();
  put_size(base_.size(), out);
  put_size(target.size(), out);
  std::size_t literal = 0;   // where the bytes not yet written begin in the target
  std::size_t inserted = 0;  // bytes written as literals
  std::size_t misses = 0;    // in a row
  std::size_t resume = 0;    // where the last copy ended in the base
  std::size_t check_at = effort_.may_give_up ? std::max(target.size() / 8, kLeastTrial) : target.size();
  for (std::size_t at = 0; at + kWindow <= target.size();) {
    if (at >= check_at) {
      if ((inserted + at - literal) * 100 > at * kHopelessPercent) return false;
      check_at = std::min(2 * at, target.size());
    }
    // Away from the last copy's diagonal, only the index can find a match. Most of a target that is unlike its base is
    // skipped here.
    if (resume == 0 || at - literal > kResumedWithin) {
      const std::size_t end = std::min(check_at, target.size() - kWindow + 1);
      while (at < end && !may_have(mix(target.data() + at))) at += 1 + (misses++ >> effort_.patience);
      if (at >= end) continue;
    }
    const match m = find(target, literal, at, resume);
    if (m.length == 0) {
      at += 1 + (misses++ >> effort_.patience);
      continue;
    }
    const copy c = longest_nearby(target, literal, at, resume, m);
    put_insert(target.subspan(literal, c.at - literal), out);
    put_copy(c.base, c.length, out);
    inserted += c.at - literal;
    if (out.size() > most) return false;
    at = c.at + c.length;
    literal = at;
    resume = c.base + c.length;
    misses = 0;
  }
  put_insert(target.subspan(literal), out);
  return out.size() <= most;
}

}  // namespace docteur
