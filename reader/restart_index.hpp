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
  restart_index() = default;  // for an image without the section: finds nothing

  // Checks the section's checksum, and that its parts fit its length. Nothing is kept in memory; points are read when
  // needed. What `d` refers to must outlive the index. Errors: truncated, bad_checksum, malformed, the device's.
  [[nodiscard]] static result<restart_index> open(const device& d, const section& where) noexcept;

  // Returns the record, if any, of the blob of `size` bytes whose entry begins at `entry_offset`.
  [[nodiscard]] result<std::optional<restart_record>> find(std::uint64_t entry_offset,
                                                           std::uint64_t size) const noexcept;

  // Returns point `i` < restart_point_count() of the blob, in bytes from the start of its zlib stream.
  [[nodiscard]] result<std::uint64_t> point(const restart_record& of, std::uint64_t i) const noexcept;

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  // Returns record `i` < count(), in the order of entry offsets.
  [[nodiscard]] result<restart_record> record(std::uint32_t i) const noexcept;

 private:
  device device_;
  std::uint64_t records_at_ = 0;  // bytes from the start of the image
  std::uint64_t points_at_ = 0;
  std::uint64_t points_ = 0;  // their number in the table
  std::uint32_t count_ = 0;
};

}  // namespace docteur
