#pragma once
// Writes the entries of a PACK in reading order: each object in its place, its bases before it. Hosted.

#include <cstdint>
#include <span>
#include <vector>

#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/object_store.hpp"
#include "pack/pack_stream.hpp"
#include "pack/writer.hpp"

namespace docteur {

// The order of entries: objects in canonical order, but each behind its base.
[[nodiscard]] std::vector<std::uint32_t> entry_order(std::span<const std::uint32_t> bases);

struct entry_plan {
  std::span<const std::uint32_t> bases;  // of each object its base, or kNoBase
  const std::vector<bool>& left_out;     // objects that are written elsewhere
  delta_effort deltas;
  deflate_levels levels;
  std::size_t cache_bytes;  // of inflated objects, all threads together
};

// Writes every object that is not left out, all from the store; one whose delta turns out no smaller than it is in the
// store, whole. Deltas are encoded on the threads of the current TBB arena, and each is applied and compared before it
// is written.
[[nodiscard]] outcome<void> write_entries(std::span<const source_object> objects, const object_store& store,
                                          const entry_plan& plan, pack_stream& out, pack_statistics& statistics,
                                          progress& report);

}  // namespace docteur
