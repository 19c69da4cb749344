#pragma once
// Makes zlib streams (RFC 1950) of whole buffers. One object per thread. Hosted.
//
// Everything deflated in an image comes from here and from segment_deflater.hpp, with one pinned version of libdeflate
// (cmake/pinned_deflate.cmake): another version's streams are as good, but have other bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "object/bytes.hpp"
#include "object/stored_block.hpp"
#include "pack/deflate_blocks.hpp"

struct libdeflate_compressor;

namespace docteur {

// The zlib header in front of stored blocks: 32 KiB window, fastest level (RFC 1950, 2.2).
inline constexpr std::byte kStoredHeader[2] = {std::byte{0x78}, std::byte{0x01}};

// Appends one stored block (RFC 1951, 3.2.4) of at most kStoredBlock bytes.
void append_stored_block(bytes content, bool last, std::vector<std::byte>& out);
// The same without the first byte, for a block whose three header bits are in the last byte of `out` already.
void append_stored_body(bytes content, std::vector<std::byte>& out);

struct compressed {
  bytes stream;  // valid until the compressor's next call
  bool stored;
};

struct release_compressor {
  void operator()(libdeflate_compressor* c) const noexcept;
};
using compressor_handle = std::unique_ptr<libdeflate_compressor, release_compressor>;
// `level`: libdeflate's, 1 (fast) to 12 (small). Throws std::bad_alloc.
[[nodiscard]] compressor_handle make_compressor(int level);

class compressor {
 public:
  // `level`: as make_compressor(), which is called when the first content comes.
  explicit compressor(int level) : level_(level) {}

  // Deflates `content`, or stores it in blocks of kStoredBlock if deflate saves less than 1/128: a range of stored
  // content is one read from the device, without inflating. Stored blocks inside a deflated stream also hold at most
  // kStoredBlock bytes.
  [[nodiscard]] compressed compress(bytes content);
  // Stores `content` in such blocks, whatever deflate would save.
  [[nodiscard]] compressed store(bytes content);

  // Returns the size of the deflated stream in bytes, even where compress() would store it.
  [[nodiscard]] std::size_t deflated_size(bytes content);

 private:
  // Deflates `content` into the first bytes of out_, at most `most`; returns how many, 0 if it would take more.
  [[nodiscard]] std::size_t deflate(bytes content, std::size_t most);
  [[nodiscard]] compressed cut(bytes stream, bytes content);

  int level_;
  compressor_handle deflate_;
  std::vector<std::byte> out_;
  std::unique_ptr<deflate_blocks> blocks_;  // made when first needed: few streams have long stored blocks
  std::vector<std::byte> cut_;
};

}  // namespace docteur
