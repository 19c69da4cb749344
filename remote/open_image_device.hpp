#pragma once
// Opens an image by its name, wherever it lies: the one place where commands go from a name to a device. Hosted.

#include <memory>
#include <string>

#include "host/image_device.hpp"
#include "object/failure.hpp"
#include "remote/http_options.hpp"

namespace docteur {

struct remote_options {
  http_options http;
};

// `name`: a URL that begins with http:// or https://, else a file or a block device. Fails as http_device::open() and
// file_device::open() do.
[[nodiscard]] outcome<std::unique_ptr<image_device>> open_image_device(const std::string& name,
                                                                       const remote_options& options);
// `name` for messages: printable, a URL without user, password and query.
[[nodiscard]] std::string shown_image(const std::string& name);

}  // namespace docteur
