#pragma once
// Reads a PACK once from front to back: its checksum, the CRC-32 of each entry, and all entry headers. Hosted.

#include <cstdint>
#include <optional>
#include <span>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "verify/findings.hpp"
#include "verify/pack_entry.hpp"

namespace docteur {

// `offsets`: of the entries, ascending, all below `end`, where the trailer begins; all from the start of the PACK.
// Reports malformed headers and OFS deltas whose base is not an entry. Fails (blame::environment) if the device cannot
// be read or `report` says to stop.
[[nodiscard]] outcome<scanned_pack> scan_pack(const device& d, std::span<const std::uint64_t> offsets,
                                              std::uint64_t end, hash_kind kind, findings& found,
                                              const progress& report);

// The same for a PACK whose headers are foretold (foretold_pack.hpp): fills in the CRC-32 of each entry and returns the
// checksum; nullopt as soon as a header is not as `pack` has it. Meanwhile other threads may resolve `pack`
// (resolve.hpp).
[[nodiscard]] outcome<std::optional<oid>> scan_foretold(const device& d, scanned_pack& pack, std::uint64_t end,
                                                        hash_kind kind, const progress& report);

}  // namespace docteur
