#pragma once
// Deflates a stream (RFC 1951) in segments, so that reading can begin at each. One object per thread. Hosted.

#include <vector>

#include "object/failure.hpp"
#include "pack/compressor.hpp"
#include "pack/deflate_blocks.hpp"

namespace docteur {

class segment_deflater {
 public:
  // `level`: libdeflate's, 1 (fast) to 12 (small). Throws std::bad_alloc.
  explicit segment_deflater(int level) : deflate_(make_compressor(level)) {}

  // Replaces `out` with deflate blocks that hold `content`, refer to nothing before it, and end at a byte boundary. The
  // `last` segment ends with the final block, the others with an empty stored block (as zlib's Z_FULL_FLUSH does).
  // Stored blocks hold at most kStoredBlock bytes. The result is inflated and compared; a mismatch is a failure
  // (blame::environment): a fault of this program or the machine.
  [[nodiscard]] outcome<void> run(bytes content, bool last, std::vector<std::byte>& out);

 private:
  compressor_handle deflate_;
  deflate_blocks blocks_;
  std::vector<std::byte> stream_;  // what libdeflate made
};

}  // namespace docteur
