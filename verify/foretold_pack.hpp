#pragma once
// What the headers of the PACK's entries say by the entry section and IDX: what scan_pack() finds, before the PACK is
// read. Nothing of it is trusted: scan_foretold() compares it with the PACK. Hosted.

#include <cstdint>
#include <optional>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "verify/loaded_idx.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// `where`: the entry section. `end`: PACK offset where the trailer begins. Returns all entries that IDX has, each with
// its position in IDX, without ids, CRC-32s and checksum; nullopt if section and IDX cannot both be right. Fails
// (blame::environment) if the device cannot be read.
[[nodiscard]] outcome<std::optional<scanned_pack>> foretell_pack(const device& d, const section& where,
                                                                 const loaded_idx& index, std::uint64_t end,
                                                                 hash_kind kind);

}  // namespace docteur
