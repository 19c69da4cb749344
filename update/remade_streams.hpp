#pragma once
// Zlib streams of a new image that the old one does not have, though it has their objects: deltas against another base,
// or objects that were deltas. Made anew, as docteur-make makes them. Hosted.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/progress.hpp"
#include "update/entry_table.hpp"
#include "update/stream_index.hpp"

namespace docteur {

class remade_streams {
 public:
  remade_streams() = default;
  // Makes what it can of the streams of `entries` that `there` lacks, up to 16 MiB, from objects of the image `old`. A
  // stream counts if it has the size and the CRC-32 that the new image claims; whoever uses it checks the result. Where
  // that never succeeds, since another program made the new image, it soon stops trying. Memory: about 100 MB for
  // content and streams, and 100 bytes for each object of `old`. Fails (blame::environment) if `old` cannot be read, or
  // `report` says to stop.
  [[nodiscard]] static outcome<remade_streams> make(const entry_table& entries, const device& old,
                                                    const stream_index& there, const progress& report);

  // The stream of entry `i`; empty if it was not made.
  [[nodiscard]] bytes find(std::size_t i) const;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes of all

 private:
  std::unordered_map<std::size_t, std::vector<std::byte>> streams_;
  std::uint64_t size_ = 0;
};

}  // namespace docteur
