#pragma once
// The IDX against what was found in the PACK. Hosted.

#include <cstdint>

#include "idx/reader.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/findings.hpp"
#include "verify/id_map.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// Which object IDX says begins at each entry: sets position, and base of REF deltas, and compares CRC-32s.
// `order`: IDX positions by offset. Reports offsets where no entry begins and entries that IDX lacks.
void compare_with_idx(const idx_view& idx, std::span<const std::uint32_t> order, std::uint64_t idx_at,
                      scanned_pack& pack, findings& found);

// All the rest of it; ids were compared when they were computed. Returns where IDX ends. `trailer`: the PACK's.
[[nodiscard]] outcome<std::uint64_t> check_idx(const device& d, std::uint64_t idx_at, const idx_view& idx,
                                               const oid& trailer, const scanned_pack& pack, findings& found);

// The same for an IDX that cannot be read: where it first differs from what it should be.
[[nodiscard]] outcome<std::uint64_t> check_unreadable_idx(const device& d, std::uint64_t idx_at, const oid& trailer,
                                                          const scanned_pack& pack, findings& found);

}  // namespace docteur
