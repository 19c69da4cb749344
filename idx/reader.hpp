#pragma once
// Reads an IDX version 2 (`git help gitformat-pack`) that is in memory. Guest-safe.

#include <cstdint>
#include <optional>

#include "idx/format.hpp"
#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

// Returns the number of objects that an IDX claims to list. `head`: its first 1032 bytes. `at`: of the IDX in the
// image, for messages. Errors: truncated, bad_magic, bad_version, malformed (fan-out decreases).
inline constexpr std::uint64_t kIdxHeadSize = 8 + 256 * 4;
[[nodiscard]] result<std::uint32_t> decode_idx_head(bytes head, std::uint64_t at) noexcept;

// Returns the number of 64-bit offsets that these 32-bit offsets (big-endian, as in IDX) refer to.
[[nodiscard]] std::uint32_t count_wide_offsets(bytes offsets) noexcept;

// The checked tables of offsets, the 32-bit table followed by the 64-bit table: every offset is inside the PACK.
class idx_offsets {
 public:
  // `tables`: from the first 32-bit offset on, to the end of the 64-bit table or beyond. `pack_limit`: PACK offsets are
  // smaller than this. `at`: of `tables` in the image. Errors: truncated, out_of_range.
  [[nodiscard]] static result<idx_offsets> open(bytes tables, std::uint32_t count, std::uint64_t pack_limit,
                                                std::uint64_t at) noexcept;

  // `position` < `count` of open(). In bytes from the start of the PACK.
  [[nodiscard]] std::uint64_t operator[](std::uint32_t position) const noexcept {
    const auto narrow = load_be<std::uint32_t>(narrow_ + std::size_t{position} * 4);
    if ((narrow & kIdxWideOffset) == 0) return narrow;
    return load_be<std::uint64_t>(wide_ + std::size_t{narrow & ~kIdxWideOffset} * 8);
  }
  [[nodiscard]] std::uint32_t wide_count() const noexcept { return wide_count_; }

 private:
  const std::byte* narrow_ = nullptr;
  const std::byte* wide_ = nullptr;
  std::uint32_t wide_count_ = 0;
};

// A checked view: the tables are inside the bytes, the fan-out does not decrease, and every offset is inside the PACK.
// The order of ids and the two trailing checksums are not checked.
class idx_view {
 public:
  // `idx`: the whole IDX, which may be followed by other bytes. `pack_limit`: PACK offsets are smaller than this.
  // `kind`: of its ids, which IDX does not record. Errors: those of decode_idx_head(), truncated, out_of_range.
  [[nodiscard]] static result<idx_view> open(bytes idx, std::uint64_t pack_limit, std::uint64_t at,
                                             hash_kind kind) noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return layout_.objects; }
  [[nodiscard]] const idx_layout& layout() const noexcept { return layout_; }

  // `position` < count(): rank of the object among the ids in ascending order.
  [[nodiscard]] oid id(std::uint32_t position) const noexcept { return oid::from(id_at(position), layout_.kind); }
  [[nodiscard]] std::uint32_t crc(std::uint32_t position) const noexcept {
    return load_be<std::uint32_t>(at(layout_.crcs() + std::uint64_t{position} * 4));
  }
  // In bytes from the start of the PACK.
  [[nodiscard]] std::uint64_t offset(std::uint32_t position) const noexcept { return offsets_[position]; }
  [[nodiscard]] const idx_offsets& offsets() const noexcept { return offsets_; }
  // Returns the first position that holds the id. If the id occurs more than once, that entry is the one that counts
  // (doc/FORMAT.md, "IDX").
  [[nodiscard]] std::optional<std::uint32_t> find(const oid& id) const noexcept;

  [[nodiscard]] oid pack_checksum() const noexcept { return oid::from(at(layout_.pack_checksum()), layout_.kind); }
  [[nodiscard]] oid checksum() const noexcept { return oid::from(at(layout_.checksum()), layout_.kind); }

 private:
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept { return data_ + offset; }
  [[nodiscard]] const std::byte* id_at(std::uint32_t position) const noexcept {
    return at(layout_.ids() + std::uint64_t{position} * id_size(layout_.kind));
  }
  [[nodiscard]] std::uint32_t first_of_equals(std::uint32_t low, std::uint32_t row) const noexcept;
  [[nodiscard]] std::uint32_t fanout(unsigned first) const noexcept {
    return load_be<std::uint32_t>(at(layout_.fanout() + first * 4));
  }

  const std::byte* data_ = nullptr;
  idx_layout layout_{};
  idx_offsets offsets_;
};

}  // namespace docteur
