#pragma once
// Parts of a deflate stream (RFC 1951) at whose ends reading can begin. One object per thread. Hosted.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/failure.hpp"
#include "pack/compressor.hpp"

struct z_stream_s;

namespace docteur {

class segment_deflater {
 public:
  // `level`: libdeflate's, 1 (fast) to 12 (small).
  explicit segment_deflater(int level);

  // Replaces `out` with deflate blocks that hold `content`, refer to nothing before it and end at a byte boundary: with
  // the final block if it is the `last` segment, otherwise with an empty stored block (as zlib's Z_FULL_FLUSH does).
  // Stored blocks hold at most kStoredBlock bytes. What is made was inflated again and compared: an error, which blames
  // the environment, is a fault of this program or the machine.
  [[nodiscard]] outcome<void> run(bytes content, bool last, std::vector<std::byte>& out);

 private:
  struct block {
    std::uint64_t bit;    // of stream_, where its header begins
    std::size_t content;  // how much lies before it
  };
  struct end_inflate {
    void operator()(z_stream_s* z) const noexcept;
  };

  [[nodiscard]] bool find_blocks(bytes content);
  void join(bytes content, bool last, std::vector<std::byte>& out) const;

  compressor_handle deflate_;
  std::unique_ptr<z_stream_s, end_inflate> inflate_;
  std::vector<std::byte> stream_;  // of libdeflate
  std::vector<std::byte> inflated_;
  std::vector<block> blocks_;
  unsigned unused_bits_ = 0;  // of the stream's last byte
};

}  // namespace docteur
