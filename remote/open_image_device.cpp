#include "remote/open_image_device.hpp"

#include "base/printable.hpp"
#include "host/local_image.hpp"
#include "remote/http_access.hpp"
#include "remote/http_device.hpp"

namespace docteur {

outcome<std::unique_ptr<image_device>> open_image_device(const std::string& name, const remote_options& options) {
  if (!is_http_url(name)) return open_local_image(name);
  auto device = http_device::open(name, options.http);
  if (!device) return tl::make_unexpected(std::move(device.error()));
  return std::move(*device);
}

std::string shown_image(const std::string& name) {
  if (!is_http_url(name)) return printable(name);
  const auto address = parse_http_url(name);
  return address ? printable(address->shown) : "the image's address";
}

}  // namespace docteur
