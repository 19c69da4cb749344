#pragma once
// Looks into an IDX version 2 (`git help gitformat-pack`) that is in memory. Guest-safe.

#include <cstdint>
#include <optional>

#include "idx/format.hpp"
#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

// Objects that an IDX says it holds. `head`: its first 1032 bytes. `at`: of the IDX in the image, for messages.
// Errors: truncated, bad_magic, bad_version, malformed (fan-out decreases).
inline constexpr std::uint64_t kIdxHeadSize = 8 + 256 * 4;
[[nodiscard]] result<std::uint32_t> decode_idx_head(bytes head, std::uint64_t at) noexcept;

// Entries of the table of 64-bit offsets that these 32-bit offsets (big-endian, as they are in IDX) use.
[[nodiscard]] std::uint32_t count_wide_offsets(bytes offsets) noexcept;

// The tables of offsets, the 32-bit one and behind it the 64-bit one: to hold one is to know that every offset is
// inside the PACK.
class idx_offsets {
 public:
  // `tables`: from the first 32-bit offset on, to the end of the 64-bit table or beyond. `pack_limit`: PACK offsets are
  // smaller than this. `at`: of `tables` in the image.
  [[nodiscard]] static result<idx_offsets> open(bytes tables, std::uint32_t count, std::uint64_t pack_limit,
                                                std::uint64_t at) noexcept;

  // `position` < the count given. From the start of the PACK.
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

// A checked view: to hold one is to know that the tables are inside the bytes, that the fan-out does not decrease, and
// that every offset is inside the PACK. The order of ids and the two trailing checksums are not checked.
class idx_view {
 public:
  // `idx`: the whole IDX, which may be followed by other bytes. `pack_limit`: PACK offsets are smaller than this.
  // `kind`: of its ids; IDX does not say.
  [[nodiscard]] static result<idx_view> open(bytes idx, std::uint64_t pack_limit, std::uint64_t at,
                                             hash_kind kind) noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return layout_.objects; }
  [[nodiscard]] const idx_layout& layout() const noexcept { return layout_; }

  // `position` < count(): rank of the object among the ids in ascending order.
  [[nodiscard]] oid id(std::uint32_t position) const noexcept { return oid::from(id_at(position), layout_.kind); }
  [[nodiscard]] std::uint32_t crc(std::uint32_t position) const noexcept {
    return load_be<std::uint32_t>(at(layout_.crcs() + std::uint64_t{position} * 4));
  }
  // From the start of the PACK.
  [[nodiscard]] std::uint64_t offset(std::uint32_t position) const noexcept { return offsets_[position]; }
  [[nodiscard]] const idx_offsets& offsets() const noexcept { return offsets_; }
  // The first position that holds the id: where it stands more than once, the entry there is the one it means
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
