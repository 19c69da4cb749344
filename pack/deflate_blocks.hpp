#pragma once
// Finds the blocks of a deflate stream (RFC 1951, 3.2.3) and cuts long stored ones: libdeflate makes stored blocks of
// up to 65,535 bytes, and OCaml docteur miscounts those of more than 32,768. One object per thread. Hosted.

#include <cstdint>
#include <memory>
#include <vector>

#include "object/bytes.hpp"

struct z_stream_s;

namespace docteur {

class deflate_blocks {
 public:
  // Throws std::bad_alloc.
  deflate_blocks();

  // Returns whether `stream`, raw deflate or zlib, may hold a stored block of more than kStoredBlock bytes of
  // `content`. False is certain, true almost always right. Costs a small part of find().
  [[nodiscard]] static bool may_hold_long_stored(bytes stream, bytes content) noexcept;

  // Finds the blocks of `stream`, raw deflate whose final block ends in its last byte. Returns false if it does not
  // inflate to `content`.
  [[nodiscard]] bool find(bytes stream, bytes content);

  // Appends the stream of the last find() to `out`, with long stored blocks cut into blocks of kStoredBlock bytes. If
  // `last`, it ends with a final block; otherwise it has none and ends at a byte boundary, with an empty stored block
  // (as zlib's Z_FULL_FLUSH does).
  void append_cut(bytes stream, bytes content, bool last, std::vector<std::byte>& out) const;

 private:
  struct block {
    std::uint64_t bit;    // where its header begins in the stream
    std::size_t content;  // bytes of content before it
  };
  struct end_inflate {
    void operator()(z_stream_s* z) const noexcept;
  };

  std::unique_ptr<z_stream_s, end_inflate> inflate_;
  std::vector<std::byte> inflated_;
  std::vector<block> blocks_;
  unsigned unused_bits_ = 0;  // in the stream's last byte, behind the final block
};

}  // namespace docteur
