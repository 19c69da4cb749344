#pragma once
// Where reading can begin inside a large blob: doc/FORMAT.md, "Restart section". Hosted.

#include <cstdint>
#include <vector>

namespace docteur {

struct restart_points {
  std::uint64_t offset;    // of the entry, from the start of the PACK
  std::uint64_t size;      // bytes of content
  std::uint32_t interval;  // bytes of content between points
  bool stored;             // stored blocks of `interval` bytes, 32,768, the last shorter: `points` is empty
  // points[i - 1]: from the start of the zlib stream to the deflate block where content byte i * interval begins, in
  // bytes. i begins at 1: content byte 0 is always at byte 2, behind the zlib header.
  std::vector<std::uint64_t> points;
};

}  // namespace docteur
