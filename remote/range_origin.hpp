#pragma once
// The file that ranges are of: where it is, who asks, and what is known of it before. Hosted.

#include <memory>
#include <optional>
#include <string_view>

#include "base/remote_address.hpp"
#include "object/oid.hpp"
#include "remote/image_version.hpp"
#include "remote/request_auth.hpp"

namespace docteur {

struct range_origin {
  remote_address address;                // address.shown is what messages name
  std::optional<image_version> version;  // nullopt: the first answer tells
  std::shared_ptr<request_auth> auth;    // nullptr: what `address` and the options say
  // The digest that the image must have (host/image_digests.hpp), if whoever named the file demands one.
  std::optional<oid> demanded;
};

// The origin of a URL. Fails as parse_http_url() does.
[[nodiscard]] outcome<range_origin> origin_of_url(std::string_view url);

}  // namespace docteur
