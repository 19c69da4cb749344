#pragma once
// Streams large blobs from the source into the PACK, in memory that does not grow with them. Hosted.
//
// A blob that deflates becomes one zlib stream with a full flush every `interval` bytes of content: what follows is
// byte-aligned and refers to nothing before, so reading can begin there. A blob whose first kLargeBlobSample bytes do
// not deflate is stored in blocks of kStoredBlock.

#include <cstdint>

#include "object/progress.hpp"
#include "pack/object_source.hpp"
#include "pack/pack_stream.hpp"
#include "pack/writer.hpp"

namespace docteur {

inline constexpr std::size_t kLargeBlobSample = 8u << 20;  // bytes

// Writes the entry of source.objects()[index] and returns where reading can begin in it. `interval`: bytes of content
// between restart points. Intervals are deflated in parallel on the threads of the current TBB arena. Fails when the
// source or `out` does, when the content does not match its id, or when `report` says to stop. After a failure the PACK
// is incomplete and must be thrown away.
[[nodiscard]] outcome<restart_points> write_large_blob(const object_source& source, std::size_t index,
                                                       std::uint32_t interval, pack_stream& out, progress& report);

}  // namespace docteur
