#pragma once
// An image attached and ready to be read: the image, the snapshot of its commit and one reader, in one place that does
// not move. Guest-safe.

#include <optional>
#include <string_view>

#include "reader/image.hpp"
#include "reader/image_reader.hpp"
#include "reader/snapshot.hpp"

namespace docteur {

struct attach_options {
  limits bounds{};
  paths_from source = paths_from::section;
  std::uint64_t cache_bytes = kDefaultCache;  // the reader's
  std::string_view version{};                 // name of the version to attach; empty: the image's commit
};

// The snapshot and the reader point to the image, so an object can be neither copied nor moved.
class attached_image {
 public:
  attached_image() = default;
  attached_image(const attached_image&) = delete;
  attached_image& operator=(const attached_image&) = delete;

  // Attaches the image on `d` and the snapshot of the version asked for, and makes the reader. Must be called once,
  // before anything else. What `d` and `from` refer to must outlive the object. Errors: those of image::attach(),
  // version_list::load(), snapshot::attach() and image_reader::make(), not_found for a version that is not there; the
  // object must not be used afterwards.
  [[nodiscard]] result<done> attach(const device& d, const memory& from, const attach_options& options = {}) noexcept;

  [[nodiscard]] const docteur::image& image() const noexcept { return image_; }
  // The snapshot of the version that was attached.
  [[nodiscard]] const docteur::snapshot& snapshot() const noexcept { return snapshot_; }
  // To be used by one thread at a time. Other threads make readers of their own from image().
  [[nodiscard]] image_reader& reader() noexcept { return *reader_; }
  // Bytes held from `from`, without the reader's.
  [[nodiscard]] std::size_t memory_used() const noexcept { return image_.memory_used() + snapshot_.memory_used(); }

 private:
  [[nodiscard]] result<done> attach_snapshot(std::string_view version) noexcept;

  docteur::image image_;
  docteur::snapshot snapshot_;
  std::optional<image_reader> reader_;
};

}  // namespace docteur
