#pragma once
// An image file attached and ready to be read: file, image and reader in one place. Hosted.

#include <memory>
#include <string>

#include "host/file_device.hpp"
#include "object/failure.hpp"
#include "reader/image.hpp"
#include "reader/image_reader.hpp"

namespace docteur {

// The reader points into the image, so an object stays where it is: it can be neither copied nor moved.
class opened_image {
 public:
  // Opens the file or block device `path`, attaches the image in it and makes one reader. The tree and the reader's
  // cache are in huge pages where there are any. `shown`: the image's name in messages, printable. Fails with
  // file_device::open()'s error, or with describe()'s of what image::attach() or image_reader::make() returned.
  [[nodiscard]] static outcome<std::unique_ptr<opened_image>> open(const std::string& path, std::string shown,
                                                                   paths_from source = paths_from::section);
  opened_image(const opened_image&) = delete;
  opened_image& operator=(const opened_image&) = delete;

  [[nodiscard]] const image& attached() const noexcept { return image_; }
  [[nodiscard]] device disk() const noexcept { return file_.view(); }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }
  // For one thread. Others make their own of attached().
  [[nodiscard]] image_reader& reader() noexcept { return *reader_; }

 private:
  opened_image(std::string shown, file_device&& file) : shown_(std::move(shown)), file_(std::move(file)) {}

  std::string shown_;
  file_device file_;
  image image_;
  std::optional<image_reader> reader_;
};

}  // namespace docteur
