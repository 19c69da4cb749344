#pragma once
// The IDX of an image, in memory or in place, and the ends of the PACK's entries. Guest-safe.

#include <cstdint>
#include <optional>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "reader/entry_ends.hpp"
#include "reader/limits.hpp"

namespace docteur {

// The places of a PACK and its IDX on devices: in an image, or in two files of their own.
struct pack_extent {
  std::uint64_t start;       // of the PACK, bytes from the start of the device
  std::uint64_t limit;       // entries end at or before this PACK offset
  std::uint64_t idx_offset;  // of IDX, bytes from the start of its device
  hash_kind kind;            // of the ids in both
};

class pack_index {
 public:
  // The part of the IDX that is held in memory if its device is not mapped. In an image with a path section the ids are
  // rarely needed, and stay on the device.
  enum class holding { all, offsets };

  // Reads and checks the IDX on `idx_device`, which must outlive the index: a mapped device is used in place, otherwise
  // memory comes from `from`. Errors: malformed (also if two entries begin at one offset), truncated, too_large,
  // out_of_range, out_of_memory, the device's.
  [[nodiscard]] static result<pack_index> load(const device& idx_device, const pack_extent& where, const memory& from,
                                               const limits& bounds, holding what = holding::all) noexcept;

  [[nodiscard]] const pack_extent& where() const noexcept { return where_; }
  [[nodiscard]] hash_kind kind() const noexcept { return layout_.kind; }
  [[nodiscard]] std::uint32_t count() const noexcept { return layout_.objects; }

  // `position` < count(): rank of the object among the ids in ascending order. Offsets are from the start of the PACK.
  [[nodiscard]] std::uint64_t offset(std::uint32_t position) const noexcept { return offsets_[position]; }
  // Errors: the device's.
  [[nodiscard]] result<oid> id(std::uint32_t position) const noexcept;
  // Returns the first position that holds the id, as idx_view::find() does.
  [[nodiscard]] result<std::optional<std::uint32_t>> find(const oid& id) const noexcept;
  [[nodiscard]] result<oid> pack_checksum() const noexcept;

  // The IDX itself; nullptr if only its offsets are in memory.
  [[nodiscard]] const idx_view* whole() const noexcept { return whole_ ? &*whole_ : nullptr; }

  // Returns the PACK offset where the entry after the one at `offset` begins: it ends there or before.
  [[nodiscard]] std::uint64_t entry_limit(std::uint64_t offset) const noexcept {
    return ends_.after(offset, where_.limit);
  }

  [[nodiscard]] std::size_t memory_used() const noexcept { return copy_.capacity() + ends_.memory_used(); }

 private:
  [[nodiscard]] result<done> hold_all(const memory& from) noexcept;
  [[nodiscard]] result<done> hold_offsets(const memory& from) noexcept;
  // Reads `out.size()` bytes of the IDX at its byte `at`.
  [[nodiscard]] result<done> read_idx(std::uint64_t at, mutable_bytes out) const noexcept;

  device device_;
  pack_extent where_{};
  idx_layout layout_{};
  std::optional<idx_view> whole_;  // if all of the IDX is in memory
  idx_offsets offsets_;
  owned_array<std::byte> copy_;  // of the IDX or of its offsets, if the device is not mapped
  entry_ends ends_;
};

}  // namespace docteur
