#pragma once
// An image file attached for a command: file, image and reader in one place, and their errors as sentences. Hosted.

#include <memory>
#include <string>

#include "object/failure.hpp"
#include "reader/describe.hpp"
#include "reader/file_device.hpp"
#include "reader/image.hpp"
#include "reader/image_reader.hpp"

namespace docteur::cli {

class opened_image {
 public:
  [[nodiscard]] static outcome<std::unique_ptr<opened_image>> open(const std::string& path,
                                                                   paths_from source = paths_from::section);

  [[nodiscard]] const image& what() const noexcept { return image_; }
  [[nodiscard]] device disk() const noexcept { return file_.view(); }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }  // printable
  [[nodiscard]] image_reader& reader() noexcept { return *reader_; }

  // "IMAGE: PATH", for messages.
  [[nodiscard]] std::string subject(std::string_view path) const;
  // A failure about `path` inside the image.
  [[nodiscard]] failure about(const error& e, std::string_view path) const;

 private:
  explicit opened_image(std::string name, file_device&& file) : name_(std::move(name)), file_(std::move(file)) {}

  std::string name_;
  file_device file_;
  image image_;
  std::optional<image_reader> reader_;  // points into image_, so this object stays where it is
};

// All of `data` to stdout. `pipe_closed` becomes true, without a failure, when nobody reads any more.
[[nodiscard]] outcome<void> write_out(bytes data, bool& pipe_closed);

}  // namespace docteur::cli
