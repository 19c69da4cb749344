#pragma once
// An image file attached and ready to be read: the file and what is attached of it in one place. Hosted.

#include <memory>
#include <string>

#include "host/file_device.hpp"
#include "object/failure.hpp"
#include "reader/attached_image.hpp"

namespace docteur {

class opened_image {
 public:
  // Opens the file or block device `path`, attaches the image in it and makes one reader. The tree and the reader's
  // cache are in huge pages where there are any. `shown`: the image's name in messages, printable. Fails with
  // file_device::open()'s error, or with describe()'s of what attached_image::attach() returned.
  [[nodiscard]] static outcome<std::unique_ptr<opened_image>> open(const std::string& path, std::string shown,
                                                                   paths_from source = paths_from::section);

  [[nodiscard]] const docteur::image& image() const noexcept { return attached_.image(); }
  // Of the commit that the image is of.
  [[nodiscard]] const docteur::snapshot& snapshot() const noexcept { return attached_.snapshot(); }
  [[nodiscard]] device disk() const noexcept { return file_.view(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }
  // For one thread. Others make their own of image().
  [[nodiscard]] image_reader& reader() noexcept { return attached_.reader(); }

 private:
  opened_image(std::string shown, file_device&& file) : shown_(std::move(shown)), file_(std::move(file)) {}

  std::string shown_;
  file_device file_;
  attached_image attached_;
};

}  // namespace docteur
