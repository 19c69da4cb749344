#pragma once
// Blobs too large to hold: streamed from the source into the PACK, in memory that does not grow with them. Hosted.
//
// One that deflates becomes one zlib stream whose deflate starts afresh every `interval` bytes of content (a full
// flush: byte-aligned, no reference to what is before), so that reading can begin there. One whose first
// kLargeBlobSample bytes do not deflate is stored in blocks of kStoredBlock.

#include <cstdint>

#include "object/progress.hpp"
#include "pack/object_source.hpp"
#include "pack/pack_stream.hpp"
#include "pack/writer.hpp"

namespace docteur {

inline constexpr std::size_t kLargeBlobSample = 8u << 20;  // bytes

// Writes the entry of source.objects()[index]; the intervals are deflated in parallel on the current TBB arena.
// Fails when the content is not what its id says: the PACK is spoilt then, as with every failure.
[[nodiscard]] outcome<restart_points> write_large_blob(const object_source& source, std::size_t index,
                                                       std::uint32_t interval, pack_stream& out, progress& report);

}  // namespace docteur
