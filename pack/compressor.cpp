#include "pack/compressor.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace docteur {
namespace {

void append(bytes data, std::vector<std::byte>& out) { out.insert(out.end(), data.begin(), data.end()); }

}  // namespace

void append_stored_block(bytes content, bool last, std::vector<std::byte>& out) {
  const auto length = static_cast<std::uint16_t>(content.size());
  std::byte head[5] = {last ? std::byte{1} : std::byte{0}};
  store_le(head + 1, length);
  store_le(head + 3, static_cast<std::uint16_t>(~length));
  append(head, out);
  append(content, out);
}

void compressor::release::operator()(libdeflate_compressor* c) const noexcept { libdeflate_free_compressor(c); }

compressor::compressor(int level) : deflate_(libdeflate_alloc_compressor(level)) {
  if (!deflate_) throw std::bad_alloc();
}
compressor::~compressor() = default;
compressor::compressor(compressor&&) noexcept = default;
compressor& compressor::operator=(compressor&&) noexcept = default;

compressed compressor::compress(bytes content) {
  const auto most = static_cast<std::size_t>(stored_stream_size(content.size())) - content.size() / 128 - 1;
  if (out_.size() < most) out_.resize(most);
  const std::size_t used = libdeflate_zlib_compress(deflate_.get(), content.data(), content.size(), out_.data(), most);
  if (used > 0) return {bytes{out_}.first(used), false};
  return store(content);
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
  const std::size_t most = libdeflate_zlib_compress_bound(deflate_.get(), content.size());
  if (out_.size() < most) out_.resize(most);
  return libdeflate_zlib_compress(deflate_.get(), content.data(), content.size(), out_.data(), most);
}

}  // namespace docteur
