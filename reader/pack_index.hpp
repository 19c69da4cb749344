#pragma once
// IDX of an image, in memory or in place, and the entries' order in the PACK. Guest-safe.

#include <cstdint>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/memory.hpp"
#include "reader/limits.hpp"

namespace docteur {

// Where a PACK and its IDX lie on a device: in an image, or in files of their own side by side.
struct pack_extent {
  std::uint64_t start;       // of the PACK, bytes from the start of the device
  std::uint64_t limit;       // entries end at or before this PACK offset
  std::uint64_t idx_offset;  // of IDX, bytes from the start of its device
};

class pack_index {
 public:
  // Reads and checks the IDX on `idx_device`. A mapped device is used in place and must then outlive the index;
  // otherwise the IDX is read into memory from `from`. No two entries may begin at one offset.
  [[nodiscard]] static result<pack_index> load(const device& idx_device, const pack_extent& where, const memory& from,
                                               const limits& bounds) noexcept;

  [[nodiscard]] const idx_view& idx() const noexcept { return idx_; }
  [[nodiscard]] const pack_extent& where() const noexcept { return where_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return idx_.count(); }

  // IDX positions by rank in the PACK.
  [[nodiscard]] std::span<const std::uint32_t> order() const noexcept { return order_.span(); }

  // The PACK offset at which the entry at `offset` ends at the latest: where the next one begins.
  [[nodiscard]] std::uint64_t entry_limit(std::uint64_t offset) const noexcept;

  [[nodiscard]] std::size_t memory_used() const noexcept {
    return copy_.capacity() + order_.capacity() * sizeof(std::uint32_t);
  }

 private:
  [[nodiscard]] result<done> sort_by_offset(const memory& from) noexcept;

  idx_view idx_;
  pack_extent where_{};
  owned_array<std::byte> copy_;  // of the IDX, when the device is not mapped
  owned_array<std::uint32_t> order_;
};

}  // namespace docteur
