#pragma once
// Whole buffers into zlib streams (RFC 1950). One object per thread. Hosted.
//
// All of an image that is deflated, this and segment_deflater.hpp deflate, with libdeflate of one version
// (cmake/pinned_deflate.cmake): another's streams are as good, and other bytes.

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
// The same without its first byte, for a block whose header is in a byte that is there already.
void append_stored_body(bytes content, std::vector<std::byte>& out);

struct compressed {
  bytes stream;  // valid until the compressor's next call
  bool stored;
};

struct release_compressor {
  void operator()(libdeflate_compressor* c) const noexcept;
};
using compressor_handle = std::unique_ptr<libdeflate_compressor, release_compressor>;
// `level`: libdeflate's, 1 (fast) to 12 (small).
[[nodiscard]] compressor_handle make_compressor(int level);

class compressor {
 public:
  explicit compressor(int level) : deflate_(make_compressor(level)) {}

  // Deflates, or stores in blocks of kStoredBlock when deflate saves less than 1/128: a range of stored content is
  // one read from the device, and serving it costs nothing. Stored blocks inside a deflated stream hold at most
  // kStoredBlock bytes, too.
  [[nodiscard]] compressed compress(bytes content);
  // Stores in such blocks, whatever deflate would save.
  [[nodiscard]] compressed store(bytes content);

  // Bytes of the deflated stream, whether it would be stored or not.
  [[nodiscard]] std::size_t deflated_size(bytes content);

 private:
  [[nodiscard]] compressed cut(bytes stream, bytes content);

  compressor_handle deflate_;
  std::vector<std::byte> out_;
  std::unique_ptr<deflate_blocks> blocks_;  // few streams need it
  std::vector<std::byte> cut_;
};

}  // namespace docteur
