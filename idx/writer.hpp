#pragma once
// Writes an IDX version 2 (`git help gitformat-pack`), byte-identical to what `git index-pack` writes. Hosted.

#include <span>

#include "object/byte_sink.hpp"
#include "object/idx_entry.hpp"

namespace docteur {

// `entries` in any order, no id twice, ids of the kind of `pack_checksum`. An offset of 2^31 or more goes through the 64-bit table.
[[nodiscard]] outcome<void> write_idx(std::span<const idx_entry> entries, const oid& pack_checksum, byte_sink& out);

// Bytes that write_idx() will write.
[[nodiscard]] std::uint64_t idx_size(std::span<const idx_entry> entries, hash_kind kind);

}  // namespace docteur
