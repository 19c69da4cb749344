#pragma once
// Writes the entries of a PACK in reading order: each object in its place, its bases before it. Hosted.

#include <cstdint>
#include <span>
#include <vector>

#include "object/progress.hpp"
#include "pack/object_store.hpp"
#include "pack/pack_stream.hpp"
#include "pack/writer.hpp"

namespace docteur {

// The order of entries: objects in canonical order, but each behind its base.
[[nodiscard]] std::vector<std::uint32_t> entry_order(std::span<const std::uint32_t> bases);

// Writes every object that the store holds. `bases[i]`: the base of object i, or kNoBase; an object whose delta turns
// out no smaller than it is whole is written whole. Deltas are encoded on the threads of the current TBB arena, which
// keep up to `cache_bytes` of inflated objects together, and each is applied and compared before it is written.
[[nodiscard]] outcome<void> write_entries(std::span<const source_object> objects, const object_store& store,
                                          std::span<const std::uint32_t> bases, std::size_t cache_bytes,
                                          pack_stream& out, pack_statistics& statistics, progress& report);

}  // namespace docteur
