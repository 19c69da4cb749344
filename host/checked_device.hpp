#pragma once
// A device over another that returns no byte of the image before the 64 KiB block around it was compared with the
// image's digest section. Hosted.

#include <cstdint>
#include <memory>

#include "host/image_digests.hpp"
#include "host/recent_blocks.hpp"

namespace docteur {

class checked_device {
 public:
  // `below` must outlive this object and allow reads from several threads if view() is read from several. `digests`
  // should be pinned: load_pinned().
  checked_device(const device& below, image_digests digests);
  checked_device(checked_device&&) noexcept;
  checked_device& operator=(checked_device&&) noexcept;
  ~checked_device();

  // A device of the image's size: what lies behind the image on `below` is covered by no digest, and cannot be read
  // through it. Valid as long as this object, or the one it was moved to, exists. Errors: those of `below`;
  // bad_checksum with the offset of a block that differs: nothing of it is kept, reading again may succeed; truncated
  // behind the image; out_of_memory. Reads `below` in whole blocks, up to kRun of them at once. Holds kHeld checked
  // blocks, as neighbouring reads share blocks, and kRun more during each read. Any number of threads may read.
  [[nodiscard]] device view() const noexcept;
  [[nodiscard]] const image_digests& digests() const noexcept;

  static constexpr std::uint64_t kRun = 8;  // blocks
  static constexpr std::size_t kHeld = recent_blocks::kMost;

 private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace docteur
