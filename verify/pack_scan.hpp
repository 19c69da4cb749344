#pragma once
// The pass over a PACK's bytes in their order: checksums of all and of each entry, and the entries' headers. Hosted.

#include <cstdint>
#include <span>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "verify/findings.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// `offsets`: of the entries, ascending, all smaller than `end`, where the trailer begins; all from the start of the
// PACK. `kind`: of its ids and its checksum. Reports headers that are malformed, and OFS deltas whose base is not an entry.
[[nodiscard]] outcome<scanned_pack> scan_pack(const device& d, std::span<const std::uint64_t> offsets,
                                              std::uint64_t end, hash_kind kind, findings& found, const progress& watch);

}  // namespace docteur
