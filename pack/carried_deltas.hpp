#pragma once
// Deltas of an older PACK that make new objects: where a page and its template change alike, the delta between them
// stays the same. Hosted.

#include <cstddef>
#include <vector>

#include "object/progress.hpp"
#include "pack/forest.hpp"
#include "pack/kept_entries.hpp"
#include "pack/object_store.hpp"

namespace docteur {

// Applies the delta of each object that may_carry() one to the base that is suggested, and returns an edge for each
// whose result is the object, by target: it costs what the delta's stream takes. The others are measured in the store
// and shown to `watcher`. `cache_bytes`: of content, all threads together. Fails when the store cannot be read or
// `report` says to stop. Uses the threads of the current TBB arena.
[[nodiscard]] outcome<std::vector<delta_edge>> carry_deltas(const kept_entries& kept, object_store& store,
                                                            object_store::observer& watcher,
                                                            const std::vector<bool>& eligible, std::size_t cache_bytes,
                                                            progress& report);

}  // namespace docteur
