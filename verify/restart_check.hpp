#pragma once
// Checks the restart section (layout/restart_section.hpp): its tables here, and its points in streamed_blob.hpp, when
// their blob is inflated. Hosted.

#include <cstdint>
#include <vector>

#include "layout/restart_section.hpp"
#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

class restart_check {
 public:
  // For an image without the section: no blob has points.
  restart_check() = default;
  // Loads the section and reports faults in it, and records whose entry in `pack` is not a whole blob of the same size.
  // After a fault, only records before it are kept. Fails (blame::environment) if the device cannot be read.
  [[nodiscard]] static outcome<restart_check> load(const device& d, const section& where, const scanned_pack& pack,
                                                   findings& found);

  // Returns the record of a blob; nullptr if it has none.
  [[nodiscard]] const restart_record* find(const pack_entry& e) const noexcept;
  // Returns point `i` of `r`, i < restart_point_count(), in bytes from the start of the blob's zlib stream.
  [[nodiscard]] outcome<std::uint64_t> point(const restart_record& r, std::uint64_t i) const;
  // The offset of that point's field in the image, for messages.
  [[nodiscard]] std::uint64_t point_at(const restart_record& r, std::uint64_t i) const noexcept {
    return points_at_ + (r.first_point + i) * kRestartPointSize;
  }

 private:
  device device_;
  std::vector<restart_record> records_;  // ascending by entry_offset
  std::uint64_t points_at_ = 0;          // in the image
};

}  // namespace docteur
