#pragma once
// Compares IDX with what was found in the PACK. Hosted.

#include <cstdint>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Finds the object that IDX has for each entry: sets `position` of entries and `base` of REF deltas in `pack`. Reports
// CRC-32s that differ, offsets where no entry begins, and entries that are not in IDX. `order`: positions in IDX by
// offset. `idx_at`: of IDX in the image.
void compare_with_idx(const idx_view& idx, std::span<const std::uint32_t> order, std::uint64_t idx_at,
                      scanned_pack& pack, findings& found);

// Checks everything else in IDX, except the ids, which are compared when they are computed. Returns where IDX ends in
// the image. `trailer`: the computed checksum of the PACK. Fails (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<std::uint64_t> check_idx(const device& d, std::uint64_t idx_at, const idx_view& idx,
                                               const oid& trailer, const scanned_pack& pack, findings& found);

// The same for an IDX that cannot be parsed: reports where it first differs from what it should be.
[[nodiscard]] outcome<std::uint64_t> check_unreadable_idx(const device& d, std::uint64_t idx_at, const oid& trailer,
                                                          const scanned_pack& pack, findings& found);

}  // namespace docteur
