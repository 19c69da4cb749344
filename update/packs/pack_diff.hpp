#pragma once
// Makes an update pack (doc/UPDATE.md) from two images. Hosted.

#include <string>

#include "object/byte_sink.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "update/packs/entry_differ.hpp"

namespace docteur {

struct named_image {
  device disk;        // as many bytes as the image has
  std::string shown;  // its name, for messages
};

// Writes the pack that makes `to` from `from`. Both images are read, not verified; of what cannot be read as an image
// no pack is made (blame::input). That the pack works is for the caller to see: check_update().
[[nodiscard]] outcome<update_statistics> make_update(const named_image& from, const named_image& to, byte_sink& out,
                                                     progress& report);

// Applies a pack as docteur-patch does, and compares each byte that it makes with `to`.
[[nodiscard]] outcome<void> check_update(const named_image& from, const named_image& to, byte_stream& pack,
                                         progress& report);

}  // namespace docteur
