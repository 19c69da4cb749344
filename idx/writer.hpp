#pragma once
// Writes an IDX version 2 (`git help gitformat-pack`), byte-identical to what `git index-pack` writes. Hosted.

#include <span>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/idx_entry.hpp"

namespace docteur {

// `entries`: in any order, without duplicate ids; the ids are of the kind of `pack_checksum`. They are sorted in place,
// so a caller that no longer needs them moves them here. Offsets of 2^31 and more go to the 64-bit table. Fails as
// `out` does.
[[nodiscard]] outcome<void> write_idx(std::vector<idx_entry> entries, const oid& pack_checksum, byte_sink& out);

// The number of bytes that write_idx() writes.
[[nodiscard]] std::uint64_t idx_size(std::span<const idx_entry> entries, hash_kind kind);

}  // namespace docteur
