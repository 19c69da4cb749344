#pragma once
// Parts of a deflate stream (RFC 1951) at whose ends reading can begin. One object per thread. Hosted.

#include <vector>

#include "object/failure.hpp"
#include "pack/compressor.hpp"
#include "pack/deflate_blocks.hpp"

namespace docteur {

class segment_deflater {
 public:
  // `level`: libdeflate's, 1 (fast) to 12 (small).
  explicit segment_deflater(int level) : deflate_(make_compressor(level)) {}

  // Replaces `out` with deflate blocks that hold `content`, refer to nothing before it and end at a byte boundary: with
  // the final block if it is the `last` segment, otherwise with an empty stored block (as zlib's Z_FULL_FLUSH does).
  // Stored blocks hold at most kStoredBlock bytes. What is made was inflated again and compared: an error, which blames
  // the environment, is a fault of this program or the machine.
  [[nodiscard]] outcome<void> run(bytes content, bool last, std::vector<std::byte>& out);

 private:
  compressor_handle deflate_;
  deflate_blocks blocks_;
  std::vector<std::byte> stream_;  // of libdeflate
};

}  // namespace docteur
