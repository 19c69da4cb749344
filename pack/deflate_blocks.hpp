#pragma once
// The blocks of a deflate stream (RFC 1951, 3.2.3), and the one change that images need in them: OCaml docteur
// miscounts stored blocks of more than 32,768 bytes, and libdeflate makes them of up to 65,535. One object per thread.
// Hosted.

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

  // Whether `stream`, raw deflate or zlib, can hold a stored block of more than kStoredBlock bytes of `content`. False
  // is certain; true is almost always right, at a small part of what find() costs.
  [[nodiscard]] static bool may_hold_long_stored(bytes stream, bytes content) noexcept;

  // Finds the blocks of `stream`, which is raw deflate that ends with a final block at its last byte. False if it does
  // not inflate to `content`.
  [[nodiscard]] bool find(bytes stream, bytes content);

  // Appends the stream of the last find() to `out`, with its long stored blocks cut. It ends with its final block if
  // `last`, otherwise with no final block but with an empty stored one at a byte boundary (as zlib's Z_FULL_FLUSH
  // does).
  void append_cut(bytes stream, bytes content, bool last, std::vector<std::byte>& out) const;

 private:
  struct block {
    std::uint64_t bit;    // of the stream, where its header begins
    std::size_t content;  // how much is stored before it
  };
  struct end_inflate {
    void operator()(z_stream_s* z) const noexcept;
  };

  std::unique_ptr<z_stream_s, end_inflate> inflate_;
  std::vector<std::byte> inflated_;
  std::vector<block> blocks_;
  unsigned unused_bits_ = 0;  // of the stream's last byte
};

}  // namespace docteur
