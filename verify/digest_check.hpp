#pragma once
// Verification of the digest section. Hosted.

#include <cstdint>
#include <optional>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"
#include "verify/findings.hpp"

namespace docteur {

// Hashes each block of the image and compares it with the digest section, on `threads` threads (0: all cores). To be
// called last: a block that differs is a fault of its own only if no other fault lies in it. `where`: the section,
// which ends before IDX. `image_size`: bytes, as the end of IDX has it. Returns the SHA-256 of the section if all of it
// is right. Fails (blame::environment) if the device cannot be read or `report` says to stop.
[[nodiscard]] outcome<std::optional<oid>> check_digests(const device& d, const section& where, std::uint64_t image_size,
                                                        unsigned threads, findings& found, progress& report);

}  // namespace docteur
