#include "pack/compressor.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace docteur {
namespace {

constexpr std::size_t kAdler = 4;  // bytes of the checksum at the end of a zlib stream (RFC 1950, 2.2)

void append(bytes data, std::vector<std::byte>& out) { out.insert(out.end(), data.begin(), data.end()); }

}  // namespace

void append_stored_body(bytes content, std::vector<std::byte>& out) {
  const auto length = static_cast<std::uint16_t>(content.size());
  std::byte lengths[4];
  store_le(lengths, length);
  store_le(lengths + 2, static_cast<std::uint16_t>(~length));
  append(lengths, out);
  append(content, out);
}

void append_stored_block(bytes content, bool last, std::vector<std::byte>& out) {
  out.push_back(last ? std::byte{1} : std::byte{0});
  append_stored_body(content, out);
}

void release_compressor::operator()(libdeflate_compressor* c) const noexcept { libdeflate_free_compressor(c); }

compressor_handle make_compressor(int level) {
  compressor_handle made(libdeflate_alloc_compressor(level));
  if (!made) throw std::bad_alloc();
  return made;
}

std::size_t compressor::deflate(bytes content, std::size_t most) {
  if (!deflate_) deflate_ = make_compressor(level_);
  if (out_.size() < most) out_.resize(most);
  // libdeflate copies from it, and memcpy() takes no null pointer.
  constexpr std::byte nothing{};
  const std::byte* const from = content.empty() ? &nothing : content.data();
  return libdeflate_zlib_compress(deflate_.get(), from, content.size(), out_.data(), most);
}

compressed compressor::compress(bytes content) {
  const auto most = static_cast<std::size_t>(stored_stream_size(content.size())) - content.size() / 128 - 1;
  const std::size_t used = deflate(content, most);
  if (used == 0) return store(content);
  const bytes stream = bytes{out_}.first(used);
  return deflate_blocks::may_hold_long_stored(stream, content) ? cut(stream, content) : compressed{stream, false};
}

// Returns `stream`, a zlib stream of `content`, with its long stored blocks cut.
compressed compressor::cut(bytes stream, bytes content) {
  if (!blocks_) blocks_ = std::make_unique<deflate_blocks>();
  const bytes blocks = stream.subspan(kZlibHeader, stream.size() - kZlibHeader - kAdler);
  if (!blocks_->find(blocks, content)) return store(content);
  cut_.assign(stream.begin(), stream.begin() + kZlibHeader);
  blocks_->append_cut(blocks, content, true, cut_);
  append(stream.last(kAdler), cut_);
  return {cut_, false};
}

compressed compressor::store(bytes content) {
  out_.clear();
  append(kStoredHeader, out_);
  bytes rest = content;
  do {
    const bytes block = rest.first(std::min(rest.size(), kStoredBlock));
    rest = rest.subspan(block.size());
    append_stored_block(block, rest.empty(), out_);
  } while (!rest.empty());
  std::byte sum[4];
  store_be(sum, libdeflate_adler32(1, content.data(), content.size()));
  append(sum, out_);
  return {out_, true};
}

std::size_t compressor::deflated_size(bytes content) {
  return deflate(content, libdeflate_zlib_compress_bound(nullptr, content.size()));
}

}  // namespace docteur
