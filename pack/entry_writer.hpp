#pragma once
// Writes the entries of a PACK in canonical order, with bases before their deltas. Hosted.

#include <cstdint>
#include <span>
#include <vector>

#include "object/progress.hpp"
#include "pack/effort.hpp"
#include "pack/object_store.hpp"
#include "pack/pack_stream.hpp"
#include "pack/writer.hpp"

namespace docteur {

// Returns the order of entries: objects in canonical order, except that bases move up to before their first delta.
// `bases`: of each object its base, or kNoBase; without circles.
[[nodiscard]] std::vector<std::uint32_t> entry_order(std::span<const std::uint32_t> bases);

struct entry_plan {
  std::span<const std::uint32_t> bases;  // of each object its base, or kNoBase
  const kept_entries* kept;              // null: nothing is kept
  const std::vector<bool>& carried;      // as in delta_plan
  const std::vector<bool>& left_out;     // objects that are not written here
  delta_effort deltas;
  deflate_levels levels;
  std::size_t cache_bytes;  // of content, all threads together
};

// Writes every object that is not left out, with content from the store. An object whose delta turns out no smaller
// than the object whole is written whole. The streams of what is kept or carried are copied. Deltas are encoded on the
// threads of the current TBB arena; each is applied and compared with its object before it is written. Adds to
// `statistics`. Fails when the store or `out` does, or when `report` says to stop.
[[nodiscard]] outcome<void> write_entries(std::span<const source_object> objects, const object_store& store,
                                          const entry_plan& plan, pack_stream& out, pack_statistics& statistics,
                                          progress& report);

}  // namespace docteur
