#pragma once
// IDX of an image, in memory or in place, and where its entries end. Guest-safe.

#include <cstdint>
#include <optional>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "reader/entry_ends.hpp"
#include "reader/limits.hpp"

namespace docteur {

// Where a PACK and its IDX are on a device: in an image, or in files of their own side by side.
struct pack_extent {
  std::uint64_t start;       // of the PACK, bytes from the start of the device
  std::uint64_t limit;       // entries end at or before this PACK offset
  std::uint64_t idx_offset;  // of IDX, bytes from the start of its device
  hash_kind kind;            // of the ids in both
};

class pack_index {
 public:
  // What of the IDX is held in memory when its device is not mapped: with an image's path section the ids are needed
  // seldom, and stay on the device.
  enum class holding { all, offsets };

  // Reads and checks the IDX on `idx_device`. What that stands on must outlive the index: a mapped device is used in
  // place, otherwise memory comes from `from`. No two entries may begin at one offset.
  [[nodiscard]] static result<pack_index> load(const device& idx_device, const pack_extent& where, const memory& from,
                                               const limits& bounds, holding what = holding::all) noexcept;

  [[nodiscard]] const pack_extent& where() const noexcept { return where_; }
  [[nodiscard]] hash_kind kind() const noexcept { return layout_.kind; }
  [[nodiscard]] std::uint32_t count() const noexcept { return layout_.objects; }

  // `position` < count(): rank of the object among the ids in ascending order. Offsets are from the start of the PACK.
  [[nodiscard]] std::uint64_t offset(std::uint32_t position) const noexcept { return offsets_[position]; }
  // Errors: the device's.
  [[nodiscard]] result<oid> id(std::uint32_t position) const noexcept;
  // The first position that holds the id, as idx_view::find() has it.
  [[nodiscard]] result<std::optional<std::uint32_t>> find(const oid& id) const noexcept;
  [[nodiscard]] result<oid> pack_checksum() const noexcept;

  // The IDX itself, nullptr when only its offsets are held.
  [[nodiscard]] const idx_view* whole() const noexcept { return whole_ ? &*whole_ : nullptr; }

  // The PACK offset at which the entry at `offset` ends at the latest: where the next one begins.
  [[nodiscard]] std::uint64_t entry_limit(std::uint64_t offset) const noexcept {
    return ends_.after(offset, where_.limit);
  }

  [[nodiscard]] std::size_t memory_used() const noexcept { return copy_.capacity() + ends_.memory_used(); }

 private:
  [[nodiscard]] result<done> hold_all(const memory& from) noexcept;
  [[nodiscard]] result<done> hold_offsets(const memory& from) noexcept;
  // `out.size()` bytes of the IDX from its byte `at` on.
  [[nodiscard]] result<done> read_idx(std::uint64_t at, mutable_bytes out) const noexcept;

  device device_;
  pack_extent where_{};
  idx_layout layout_{};
  std::optional<idx_view> whole_;  // when all of the IDX is in memory
  idx_offsets offsets_;
  owned_array<std::byte> copy_;  // of the IDX or of its offsets, when the device is not mapped
  entry_ends ends_;
};

}  // namespace docteur
