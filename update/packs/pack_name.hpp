#pragma once
// Where an update pack lies on a server: beside the image, under a name that follows from the two images. Hosted.

#include <string>

#include "object/oid.hpp"

namespace docteur {

// What the name of the new image is followed by, from the digests of both images (host/image_digests.hpp):
// ".0123456789abcdef-fedcba9876543210.dpk", the first 16 digits of each.
[[nodiscard]] std::string update_pack_suffix(const oid& old_digest, const oid& new_digest);

}  // namespace docteur
