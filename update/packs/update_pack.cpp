#include "update/packs/update_pack.hpp"

#include <libdeflate.h>

#include <algorithm>

#include "base/printable.hpp"

namespace docteur {
namespace {

// Absolute offsets in the header. Everything not named is zero.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kKindAt = 12;
constexpr std::size_t kOldSizeAt = 16;
constexpr std::size_t kNewSizeAt = 24;
constexpr std::size_t kOldHashAt = 32;
constexpr std::size_t kNewHashAt = 64;
constexpr std::size_t kNewPackAt = 96;
constexpr std::size_t kOldEntriesAt = 104;
constexpr std::size_t kNewEntriesAt = 108;
constexpr std::size_t kLevelsAt = 112;  // u8 deltas, u8 whole objects, u8 patience, u8 lazy
constexpr std::size_t kIntervalAt = 116;
constexpr std::size_t kStrideAt = 120;
constexpr std::size_t kChainAt = 124;
constexpr std::size_t kDeflaterAt = 128;  // the version of libdeflate, padded with NUL
constexpr std::size_t kReservedAt = 144;
constexpr std::size_t kCrcAt = kUpdateHeaderSize - 4;

constexpr int kMostLevel = 12;
constexpr unsigned kMostPatience = 24;
constexpr std::uint32_t kMostChain = 4096;
constexpr std::uint32_t kMostStride = 4096;
constexpr std::uint32_t kMostInterval = 16u << 20;
constexpr std::uint32_t kIntervalUnit = 32768;

// Streams that are made anew depend on this.
constexpr std::string_view kDeflater = LIBDEFLATE_VERSION_STRING;
static_assert(kDeflater.size() < kReservedAt - kDeflaterAt);

bool is_level(int level) { return level >= 1 && level <= kMostLevel; }

bool is_possible(const update_codecs& c) {
  return is_level(c.delta_level) && is_level(c.whole_level) && c.deltas.patience <= kMostPatience &&
         c.deltas.chain <= kMostChain && c.deltas.stride >= 1 && c.deltas.stride <= kMostStride &&
         c.interval >= kIntervalUnit && c.interval <= kMostInterval && c.interval % kIntervalUnit == 0;
}

}  // namespace

update_header_bytes encode_update_header(const update_header& h) {
  update_header_bytes out{};
  std::byte* const p = out.data();
  std::ranges::copy(as_bytes(kUpdateMagic), out.begin());
  store_le(p + kVersionAt, kUpdateVersion);
  store_le(p + kKindAt, static_cast<std::uint32_t>(h.kind));
  store_le(p + kOldSizeAt, h.old_size);
  store_le(p + kNewSizeAt, h.new_size);
  std::ranges::copy(h.old_sha256.view(), out.begin() + kOldHashAt);
  std::ranges::copy(h.new_sha256.view(), out.begin() + kNewHashAt);
  store_le(p + kNewPackAt, h.new_pack);
  store_le(p + kOldEntriesAt, h.old_entries);
  store_le(p + kNewEntriesAt, h.new_entries);
  p[kLevelsAt] = static_cast<std::byte>(h.codecs.delta_level);
  p[kLevelsAt + 1] = static_cast<std::byte>(h.codecs.whole_level);
  p[kLevelsAt + 2] = static_cast<std::byte>(h.codecs.deltas.patience);
  p[kLevelsAt + 3] = static_cast<std::byte>(h.codecs.deltas.lazy);
  store_le(p + kIntervalAt, h.codecs.interval);
  store_le(p + kStrideAt, h.codecs.deltas.stride);
  store_le(p + kChainAt, h.codecs.deltas.chain);
  std::ranges::copy(as_bytes(kDeflater), out.begin() + kDeflaterAt);
  store_le(p + kCrcAt, libdeflate_crc32(0, p, kCrcAt));
  return out;
}

outcome<update_header> decode_update_header(bytes head) {
  if (head.size() < kUpdateHeaderSize || as_text(head.first(kUpdateMagic.size())) != kUpdateMagic)
    return give_up(blame::input, "not an update pack");
  const std::byte* const p = head.data();
  if (load_le<std::uint32_t>(p + kCrcAt) != libdeflate_crc32(0, p, kCrcAt))
    return damaged_update("checksum of the header");
  if (load_le<std::uint32_t>(p + kVersionAt) != kUpdateVersion)
    return give_up(blame::input, "an update pack of a version that this program does not know");
  update_header h;
  const auto kind = load_le<std::uint32_t>(p + kKindAt);
  if (kind != 1 && kind != 2) return damaged_update("kind of ids");
  h.kind = static_cast<hash_kind>(kind);
  h.old_size = load_le<std::uint64_t>(p + kOldSizeAt);
  h.new_size = load_le<std::uint64_t>(p + kNewSizeAt);
  h.old_sha256 = oid::from(p + kOldHashAt, hash_kind::sha256);
  h.new_sha256 = oid::from(p + kNewHashAt, hash_kind::sha256);
  h.new_pack = load_le<std::uint64_t>(p + kNewPackAt);
  h.old_entries = load_le<std::uint32_t>(p + kOldEntriesAt);
  h.new_entries = load_le<std::uint32_t>(p + kNewEntriesAt);
  h.codecs.delta_level = std::to_integer<int>(p[kLevelsAt]);
  h.codecs.whole_level = std::to_integer<int>(p[kLevelsAt + 1]);
  h.codecs.deltas.patience = std::to_integer<unsigned>(p[kLevelsAt + 2]);
  h.codecs.deltas.lazy = std::to_integer<std::uint32_t>(p[kLevelsAt + 3]);
  h.codecs.interval = load_le<std::uint32_t>(p + kIntervalAt);
  h.codecs.deltas.stride = load_le<std::uint32_t>(p + kStrideAt);
  h.codecs.deltas.chain = load_le<std::uint32_t>(p + kChainAt);
  h.codecs.deltas.may_give_up = false;
  if (h.old_size > kMostImage || h.new_size > kMostImage || h.new_pack > h.new_size) return damaged_update("sizes");
  if (h.old_entries > kMostEntries || h.new_entries > kMostEntries) return damaged_update("number of entries");
  if (!is_possible(h.codecs)) return damaged_update("levels");
  const std::string_view text = as_text(head.subspan(kDeflaterAt, kReservedAt - kDeflaterAt));
  if (const std::string_view deflater = text.substr(0, text.find('\0')); deflater != kDeflater)
    return give_up(blame::input, "an update pack for libdeflate " + printable_line(deflater) +
                                     ", but this program has " + std::string(kDeflater));
  const bytes reserved = head.subspan(kReservedAt, kCrcAt - kReservedAt);
  if (std::ranges::any_of(reserved, [](std::byte b) { return b != std::byte{}; }))
    return damaged_update("reserved bytes");
  return h;
}

tl::unexpected<failure> damaged_update(const char* what) {
  return give_up(blame::input, std::string("the update pack is damaged: ") + what);
}

outcome<std::uint8_t> number_reader::byte() {
  if (rest_.empty()) return damaged_update("a batch ends early");
  const auto b = std::to_integer<std::uint8_t>(rest_.front());
  rest_ = rest_.subspan(1);
  return b;
}

outcome<std::uint64_t> number_reader::number() {
  std::uint64_t v = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    DOCTEUR_TRY(b, byte());
    v |= std::uint64_t{b & 0x7fu} << shift;
    if ((b & 0x80) == 0) return v;
  }
  return damaged_update("a number is too long");
}

outcome<std::uint64_t> number_reader::number(std::uint64_t most) {
  DOCTEUR_TRY(v, number());
  if (v > most) return damaged_update("a number is too large");
  return v;
}

outcome<std::uint64_t> number_reader::near(std::uint64_t from, std::uint64_t limit) {
  DOCTEUR_TRY(folded_difference, number());
  // Wraps only to what is above every limit.
  const std::uint64_t v = from + static_cast<std::uint64_t>(unfolded(folded_difference));
  if (v >= limit) return damaged_update("a position is out of range");
  return v;
}

}  // namespace docteur
