#include "source/objects/id_table.hpp"

#include <algorithm>

namespace docteur {
namespace {

constexpr std::uint32_t kWindow = 64;                // ids that are read together
constexpr std::size_t kMostStride = 4 + kMaxIdSize;  // bytes
constexpr unsigned kNeighbours = 3;                  // windows beside the first that are tried before bisection

// The smallest id that begins with `digits`, lower-case hexadecimal ones.
oid smallest(std::string_view digits, hash_kind kind) {
  std::string text(digits);
  text.resize(hex_size(kind), '0');
  return parse_hex(text, kind).value_or(oid(kind));
}

}  // namespace

object_result<id_table> id_table::open(const table_file& file, std::uint64_t fanout_at, std::uint64_t ids_at,
                                       std::uint32_t stride, hash_kind kind) {
  std::array<std::byte, 256 * 4> room;
  DOCTEUR_TRY(raw, file.get(fanout_at, room.size(), room));
  id_table t;
  t.at_ = ids_at;
  t.stride_ = stride;
  t.kind_ = kind;
  std::uint32_t last = 0;
  for (unsigned first = 0; first < 256; ++first) {
    t.fanout_[first] = load_be<std::uint32_t>(raw.data() + first * 4);
    if (t.fanout_[first] < last) return damaged("its fan-out decreases");
    last = t.fanout_[first];
  }
  return t;
}

object_result<oid> id_table::id(const table_file& file, std::uint32_t position) const {
  std::array<std::byte, kMaxIdSize> room;
  DOCTEUR_TRY(raw, file.get(at_ + std::uint64_t{position} * stride_, id_size(kind_), room));
  return oid::from(raw.data(), kind_);
}

// Ids are hashes and evenly spread: an id is near the place that its next bytes suggest, in one of a few windows there.
// A crafted table may be spread otherwise: what is left is searched by bisection.
object_result<id_table::place> id_table::locate(const table_file& file, const oid& id) const {
  std::array<std::byte, kWindow * kMostStride> room;
  const auto first = std::to_integer<unsigned>(id.view()[0]);
  std::uint32_t low = first == 0 ? 0 : fanout_[first - 1];
  std::uint32_t high = fanout_[first];
  const std::uint64_t fraction = load_be<std::uint32_t>(id.view().data() + 1);
  std::uint32_t near = low + static_cast<std::uint32_t>((high - low) * fraction >> 32);
  for (unsigned round = 0; low < high; ++round) {
    if (round > kNeighbours) near = low + (high - low) / 2;
    const std::uint32_t begin = std::max(low, near - std::min(near, kWindow / 2));
    const std::uint32_t size = std::min(kWindow, high - begin);
    DOCTEUR_TRY(raw,
                file.get(at_ + std::uint64_t{begin} * stride_, std::size_t{size - 1} * stride_ + id_size(kind_), room));
    const auto compare = [&](std::uint32_t i) {
      return std::memcmp(raw.data() + std::size_t{i} * stride_, id.view().data(), id_size(kind_));
    };
    if (compare(0) > 0) {
      high = begin;
      near = high - std::min(high, kWindow / 2);
      continue;
    }
    if (compare(size - 1) < 0) {
      low = begin + size;
      near = low + kWindow / 2;
      continue;
    }
    std::uint32_t from = 0;
    for (std::uint32_t to = size; from < to;) {
      const std::uint32_t middle = from + (to - from) / 2;
      const int c = compare(middle);
      if (c == 0) return place{begin + middle, true};
      if (c < 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return place{begin + from, false};
  }
  return place{low, false};
}

object_result<std::optional<std::uint32_t>> id_table::find(const table_file& file, const oid& id) const {
  if (id.kind() != kind_) return std::nullopt;
  DOCTEUR_TRY(at, locate(file, id));
  return at.found ? std::optional(at.position) : std::nullopt;
}

object_result<void> id_table::collect(const table_file& file, std::string_view digits, id_set& found) const {
  DOCTEUR_TRY(from, locate(file, smallest(digits, kind_)));
  for (std::uint32_t i = from.position; i < count() && found.size() < kMostPrefixed; ++i) {
    DOCTEUR_TRY(next, id(file, i));
    const oid_hex hex = to_hex(next);
    if (!hex.view().starts_with(digits)) break;
    found.insert(next);
  }
  return {};
}

}  // namespace docteur
