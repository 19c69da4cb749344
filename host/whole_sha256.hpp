#pragma once
// The SHA-256 of all bytes of a device. Hosted.

#include <string>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "object/progress.hpp"

namespace docteur {

// Tells `report` of the bytes, in a phase "hashing". Fails with blame::environment when the device cannot be read or
// `report` says to stop; `shown`: what messages begin with, printable.
[[nodiscard]] outcome<oid> whole_sha256(const device& from, const std::string& shown, progress& report);

}  // namespace docteur
