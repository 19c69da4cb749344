#pragma once
// Finds restart points in the restart section of an image (layout/restart_section.hpp). Guest-safe.

#include <cstdint>
#include <optional>

#include "layout/restart_section.hpp"
#include "layout/section_table.hpp"
#include "object/device.hpp"

namespace docteur {

class restart_index {
 public:
  restart_index() = default;  // of an image without the section: finds nothing

  // Checks the section's checksum and that its parts fit its length; nothing is kept in memory, points are read when
  // they are needed. What `d` stands on must outlive the index.
  [[nodiscard]] static result<restart_index> open(const device& d, const section& where) noexcept;

  // The record of the blob whose entry begins at `entry_offset` and that holds `size` bytes, if there is one.
  [[nodiscard]] result<std::optional<restart_record>> find(std::uint64_t entry_offset,
                                                           std::uint64_t size) const noexcept;

  // Point `i` < restart_point_count() of the blob: bytes from the start of its zlib stream.
  [[nodiscard]] result<std::uint64_t> point(const restart_record& of, std::uint64_t i) const noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  // Record `i` < count(), in the order of entry offsets.
  [[nodiscard]] result<restart_record> record(std::uint32_t i) const noexcept;

 private:
  device device_;
  std::uint64_t records_at_ = 0;  // bytes from the start of the image
  std::uint64_t points_at_ = 0;
  std::uint64_t points_ = 0;  // in the table
  std::uint32_t count_ = 0;
};

}  // namespace docteur
