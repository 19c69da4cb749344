#pragma once
// Finds the zlib streams of an image by their CRC-32 and size. Hosted.
//
// The two are a hint: 32 bits and the size seldom agree by chance, and whoever copies a stream checks the result.

#include <cstdint>
#include <vector>

#include "object/device.hpp"
#include "object/failure.hpp"
#include "update/entry_table.hpp"

namespace docteur {

class stream_index {
 public:
  // Reads IDX and all entry headers of any image: it needs no sections, and nothing of it is trusted. Entries whose
  // header is damaged are left out; without a section table so is the last one, whose end nothing tells. Memory: 24
  // bytes for each object, and IDX meanwhile. The inner error says why it is no image. Fails (blame::environment) if
  // the device cannot be read.
  [[nodiscard]] static outcome<result<stream_index>> load(const device& from);

  [[nodiscard]] std::size_t count() const noexcept { return streams_.size(); }
  // A stream of this size and CRC-32; nullptr: there is none.
  [[nodiscard]] const entry_stream* find(std::uint64_t size, std::uint32_t crc) const noexcept;

 private:
  std::vector<entry_stream> streams_;  // by CRC-32, size and place
};

}  // namespace docteur
