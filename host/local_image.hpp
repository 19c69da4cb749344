#pragma once
// A file or a block device of the host as an image_device. Hosted.

#include <memory>
#include <string>

#include "host/image_device.hpp"
#include "object/failure.hpp"

namespace docteur {

// Fails as file_device::open() does.
[[nodiscard]] outcome<std::unique_ptr<image_device>> open_local_image(const std::string& path);

}  // namespace docteur
