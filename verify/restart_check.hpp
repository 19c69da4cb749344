#pragma once
// The restart section (layout/restart_section.hpp) against the PACK: here its tables, in streamed_blob.hpp its points,
// when the blob they are in is inflated. Hosted.

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
  // No section: no blob has points.
  restart_check() = default;
  // Reports what the section itself shows, and records whose entry is no blob of that size in `pack`.
  [[nodiscard]] static outcome<restart_check> load(const device& d, const section& where, const scanned_pack& pack,
                                                   findings& found);

  // nullptr when the blob has no (believable) record.
  [[nodiscard]] const restart_record* find(const pack_entry& e) const noexcept;
  // Point `i` of `r`, i < restart_point_count(): bytes from the start of the blob's zlib stream.
  [[nodiscard]] outcome<std::uint64_t> point(const restart_record& r, std::uint64_t i) const;
  // Where it is in the image, for messages.
  [[nodiscard]] std::uint64_t point_at(const restart_record& r, std::uint64_t i) const noexcept {
    return points_at_ + (r.first_point + i) * kRestartPointSize;
  }

 private:
  device device_;
  std::vector<restart_record> records_;  // ascending by entry_offset
  std::uint64_t points_at_ = 0;          // in the image
};

}  // namespace docteur
