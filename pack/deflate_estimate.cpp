#include "pack/deflate_estimate.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

#include "pack/match.hpp"

namespace docteur {
namespace {

constexpr std::size_t kShortestMatch = 4;  // deflate also has matches of three bytes, but they save little
constexpr std::size_t kLongestMatch = 258;
constexpr std::size_t kWindow = 32768;
constexpr std::size_t kFraming = 7;  // bytes: zlib's header and checksum, and the unused bits at the end

// Costs are in 1/256 bit.
constexpr std::uint64_t kBit = 256;
// A match, besides its share of the literal/length code: the choice of a length code and of a distance code.
constexpr std::uint64_t kMatchCodes = 7 * kBit;
// The tables of a block with dynamic codes, and each symbol in them.
constexpr std::uint64_t kTables = 160 * kBit;
constexpr std::uint64_t kTableEntry = 2 * kBit + kBit / 2;
// The fixed codes, which need no tables.
constexpr std::uint64_t kFixedLiteral = 8 * kBit + kBit / 8;
constexpr std::uint64_t kFixedMatch = 12 * kBit + kBit / 4;

// log2(1 + i / 256) in 1/256, for each i. Squaring x doubles its logarithm, so each squaring yields the next bit.
constexpr std::array<std::uint8_t, 256> make_fractions() {
  std::array<std::uint8_t, 256> fractions{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t x = (256 + i) << 22, log = 0;  // x: fixed point with 30 bits after the point
    for (unsigned bit = 0; bit < 8; ++bit) {
      x = x * x >> 30;
      log <<= 1;
      if (x >> 31 != 0) log |= 1, x >>= 1;
    }
    fractions[i] = static_cast<std::uint8_t>(log);
  }
  return fractions;
}
constexpr std::array<std::uint8_t, 256> kFractions = make_fractions();

// n * log2(n) in 1/256; n is above zero.
std::uint64_t n_log_n(std::uint64_t n) {
  const unsigned whole = static_cast<unsigned>(std::bit_width(n)) - 1;
  const std::uint64_t mantissa = whole >= 8 ? n >> (whole - 8) : n << (8 - whole);
  return n * (whole * kBit + kFractions[mantissa & 255]);
}

// The extra bits that follow the codes of a distance and a length (RFC 1951, 3.2.5).
std::uint64_t extra_bits(std::size_t distance, std::size_t length) {
  const auto of_distance = static_cast<std::uint64_t>(std::bit_width(distance - 1));
  const auto of_length = static_cast<std::uint64_t>(std::bit_width((length - 3) >> 3));
  return (of_distance > 2 ? of_distance - 2 : 0) + of_length;
}

// Corrects the estimate for what libdeflate's level 9 finds and this parse, with one position per hash, does not: the
// more data, the more. The factors, by the number of bits of the data's size, were measured on web pages and on C
// sources, which agree.
constexpr std::uint64_t corrected(std::uint64_t estimate, std::size_t data_size) {
  constexpr std::uint64_t kParts[] = {267, 260, 253, 245, 236, 227,
                                      217, 207, 201, 194, 185, 181};  // 1/256, from 9 bits on
  const auto width = static_cast<std::size_t>(std::bit_width(data_size));
  const bool noise = estimate > data_size - data_size / 16;  // there is nothing to find
  return width < 9 || noise ? estimate : estimate * kParts[std::min(width - 9, std::size(kParts) - 1)] / 256;
}

}  // namespace

std::size_t deflate_estimator::stream_size(bytes data) {
  places_.fill(0);
  std::array<std::uint32_t, 256> counts{};
  std::uint64_t matches = 0, extra = 0;
  const auto place_of = [&](std::size_t at) -> std::uint32_t& {
    return places_[load_le<std::uint32_t>(data.data() + at) * 0x9e3779b1u >> (32 - kHashBits)];
  };
  std::size_t at = 0;
  while (at + kShortestMatch <= data.size()) {
    std::uint32_t& place = place_of(at);
    const std::size_t from = std::size_t{place} - 1;
    const bool known = place != 0 && at - from <= kWindow;
    place = static_cast<std::uint32_t>(at + 1);
    if (!known || load_le<std::uint32_t>(data.data() + from) != load_le<std::uint32_t>(data.data() + at)) {
      ++counts[std::to_integer<std::size_t>(data[at++])];
      continue;
    }
    const std::size_t most = std::min(kLongestMatch, data.size() - at);
    const std::size_t length = common_prefix(data.subspan(from, most), data.subspan(at, most));
    ++matches;
    extra += extra_bits(at - from, length);
    at += length;
    // Of the positions inside a match, the last is the one most likely to be matched again.
    if (at + kShortestMatch - 1 <= data.size()) place_of(at - 1) = static_cast<std::uint32_t>(at);
  }
  for (; at < data.size(); ++at) ++counts[std::to_integer<std::size_t>(data[at])];

  std::uint64_t literals = 0, used = 0, of_counts = 0;
  for (const std::uint32_t n : counts) {
    if (n == 0) continue;
    literals += n;
    ++used;
    of_counts += n_log_n(n);
  }
  if (matches > 0) of_counts += n_log_n(matches);
  const std::uint64_t own =
      n_log_n(literals + matches + 1) - of_counts + matches * kMatchCodes + used * kTableEntry + kTables;
  const std::uint64_t fixed = literals * kFixedLiteral + matches * kFixedMatch + 10 * kBit;
  return static_cast<std::size_t>(
      corrected((std::min(own, fixed) + extra * kBit) / (8 * kBit) + kFraming, data.size()));
}

}  // namespace docteur
