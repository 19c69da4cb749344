#pragma once
// An image, attached and ready to be read: owns its device and the attached image. Hosted.

#include <memory>
#include <optional>
#include <string>

#include "host/background_reader.hpp"
#include "host/checked_device.hpp"
#include "host/image_device.hpp"
#include "object/failure.hpp"
#include "reader/attached_image.hpp"

namespace docteur {

struct image_opening {
  paths_from source = paths_from::section;
  std::optional<oid> digest{};  // the image must be that of this digest
  std::string version{};        // name of the version to attach; empty: the image's commit
  bool is_read_whole = false;   // about in its order: fetches all in the background, if that is kept
};

class opened_image {
 public:
  // Opens the file or block device `path`, attaches the image in it and makes one reader. The tree and the reader's
  // cache are in huge pages if the system has any. `shown`: the image's name in messages, printable. With a digest, no
  // block is believed that was not compared (host/checked_device.hpp). Fails as file_device::open() and load_pinned()
  // do, or with the error of attached_image::attach() as a message of describe().
  [[nodiscard]] static outcome<std::unique_ptr<opened_image>> open(const std::string& path, std::string shown,
                                                                   const image_opening& how = {});

  // Attaches the image on `disk` in the same way. A digest that the disk demands is demanded, too (demanded_of()).
  [[nodiscard]] static outcome<std::unique_ptr<opened_image>> attach(std::unique_ptr<image_device> disk,
                                                                     std::string shown, const image_opening& how = {});

  [[nodiscard]] const docteur::image& image() const noexcept { return attached_.image(); }
  // The snapshot of the version that was asked for.
  [[nodiscard]] const docteur::snapshot& snapshot() const noexcept { return attached_.snapshot(); }
  [[nodiscard]] device disk() const noexcept { return checked_ ? checked_->view() : disk_->view(); }
  [[nodiscard]] image_device& source() noexcept { return *disk_; }
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }
  // To be used by one thread at a time. Other threads make readers of their own from image().
  [[nodiscard]] image_reader& reader() noexcept { return attached_.reader(); }

 private:
  opened_image(std::string shown, std::unique_ptr<image_device> disk)
      : shown_(std::move(shown)), disk_(std::move(disk)) {}

  std::string shown_;
  std::unique_ptr<image_device> disk_;
  std::optional<checked_device> checked_;  // over disk_
  attached_image attached_;
  std::optional<background_reader> background_;  // of disk_
};

// `why` with the device's last failure at its end, if the environment is to blame and there was one.
[[nodiscard]] failure with_cause(failure why, const image_device& disk);

}  // namespace docteur
