#pragma once
// Applies an update pack (doc/UPDATE.md): makes the new image of the old one, byte for byte. Hosted.
//
// Memory: about 100 bytes for each entry of both PACKs, and at most about 256 MB for content.

#include <string>

#include "host/pack_entries.hpp"
#include "object/byte_stream.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "update/packs/update_pack.hpp"
#include "update/packs/update_target.hpp"

namespace docteur {

// Reads the header from the front of the pack.
[[nodiscard]] outcome<update_header> read_update_header(byte_stream& pack);

// Returns the part of `old_image` that the pack updates. Fails with blame::input unless its bytes are those that the
// pack was made from. `shown`: its name, for messages.
[[nodiscard]] outcome<device> check_old_image(const device& old_image, const update_header& header,
                                              const std::string& shown, progress& report);

// Writes the new image to `out`, from the rest of the pack. `old_image`: what check_old_image() returned. Fails with
// blame::input if the pack is damaged. That what was written is the new image is for the caller to check: header.
// new_sha256.
[[nodiscard]] outcome<void> apply_update(const device& old_image, const update_header& header, byte_stream& pack,
                                         update_target& out, progress& report);

}  // namespace docteur
