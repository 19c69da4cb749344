#pragma once
// The objects of an older image that was verified, read by many threads at once. Hosted.

#include <tbb/enumerable_thread_specific.h>

#include <memory>
#include <string>
#include <vector>

#include "host/image_device.hpp"
#include "host/pack_contents.hpp"
#include "host/pack_entries.hpp"
#include "object/progress.hpp"
#include "verify/verify.hpp"

namespace docteur {

class image_objects {
 public:
  // Verifies all of the image first (verify_image()), on `threads` threads (0: one for each core). `shown`: the image's
  // name, for messages. Fails with blame::input if it is not sound, or has no digest section, which alone says what its
  // bytes are; with blame::environment if it cannot be read or `report` says to stop.
  [[nodiscard]] static outcome<std::shared_ptr<const image_objects>> open(std::unique_ptr<image_device> disk,
                                                                          std::string shown, unsigned threads,
                                                                          progress& report);

  [[nodiscard]] const pack_entries& entries() const noexcept { return entries_; }
  [[nodiscard]] device disk() const noexcept { return disk_->view(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }
  // What verify_image() found.
  [[nodiscard]] const verify_report& report() const noexcept { return report_; }
  // The ids of the blobs that are Git LFS pointers, ascending.
  [[nodiscard]] const std::vector<oid>& lfs_pointers() const noexcept { return lfs_pointers_; }

  // All of these fail with blame::input if the image has changed since, with blame::environment if it cannot be read.
  // Replaces `out` with the content of the object at a place.
  [[nodiscard]] outcome<void> read(std::uint32_t place, std::vector<std::byte>& out) const;
  // The same for the object with this id.
  [[nodiscard]] outcome<std::vector<std::byte>> read(const oid& id) const;
  // Replaces `out` with what the stream at a place inflates to, the instructions of a delta. False if it is too large.
  [[nodiscard]] outcome<bool> inflate(std::uint32_t place, std::vector<std::byte>& out) const;

  [[nodiscard]] tl::unexpected<failure> failed(const error& e) const;
  [[nodiscard]] tl::unexpected<failure> wrong(const oid& id, std::string_view what) const;

 private:
  image_objects(std::unique_ptr<image_device> disk, std::string shown);

  std::unique_ptr<image_device> disk_;
  std::string shown_;
  verify_report report_;
  std::vector<oid> lfs_pointers_;
  pack_entries entries_;
  mutable tbb::enumerable_thread_specific<pack_contents> contents_;
};

}  // namespace docteur
