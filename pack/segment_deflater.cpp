#include "pack/segment_deflater.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <new>

namespace docteur {
namespace {

// A block's header (RFC 1951, 3.2.3): a bit that says whether it is the last, two for its type.
constexpr unsigned kHeaderBits = 3;
constexpr unsigned kStoredType = 0;
constexpr std::size_t kStoredLengths = 4;  // bytes, behind the header and the rest of its byte

unsigned bit_at(bytes data, std::uint64_t bit) {
  return std::to_integer<unsigned>(data[static_cast<std::size_t>(bit / 8)]) >> (bit % 8) & 1;
}

std::byte mask_of(std::uint64_t bit) { return static_cast<std::byte>(1u << bit % 8); }

void append(bytes data, std::vector<std::byte>& out) { out.insert(out.end(), data.begin(), data.end()); }

}  // namespace

void segment_deflater::end_inflate::operator()(z_stream_s* z) const noexcept {
  inflateEnd(z);
  delete z;
}

segment_deflater::segment_deflater(int level) : deflate_(make_compressor(level)) {
  auto z = std::make_unique<z_stream_s>();
  if (inflateInit2(z.get(), -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  inflate_.reset(z.release());
}

outcome<void> segment_deflater::run(bytes content, bool last, std::vector<std::byte>& out) {
  stream_.resize(libdeflate_deflate_compress_bound(deflate_.get(), content.size()));
  stream_.resize(
      libdeflate_deflate_compress(deflate_.get(), content.data(), content.size(), stream_.data(), stream_.size()));
  if (!find_blocks(content))
    return give_up(blame::environment,
                   "what was deflated does not inflate: a fault of this program or of this machine");
  const std::uint64_t final_bit = blocks_.back().bit;
  stream_[static_cast<std::size_t>(final_bit / 8)] &= ~mask_of(final_bit);
  join(content, last, out);
  return {};
}

// libdeflate's streams end with a final block, and it does not tell where that begins: zlib's inflate does.
bool segment_deflater::find_blocks(bytes content) {
  constexpr int kBlockEnd = 128, kLastBlock = 64, kUnusedBits = 7;  // zlib manual, inflate(), Z_BLOCK
  z_stream_s& z = *inflate_;
  inflated_.resize(content.size() + 1);
  inflateReset2(&z, -MAX_WBITS);
  z.next_in = reinterpret_cast<Bytef*>(stream_.data());
  z.avail_in = static_cast<uInt>(stream_.size());
  z.next_out = reinterpret_cast<Bytef*>(inflated_.data());
  z.avail_out = static_cast<uInt>(inflated_.size());
  blocks_.assign(1, {0, 0});
  int status = Z_OK;
  while (status == Z_OK) {
    status = ::inflate(&z, Z_BLOCK);
    if (status != Z_OK || (z.data_type & kBlockEnd) == 0) continue;
    const auto unused = static_cast<unsigned>(z.data_type & kUnusedBits);
    if ((z.data_type & kLastBlock) != 0)
      unused_bits_ = unused;
    else
      blocks_.push_back({8 * std::uint64_t{stream_.size() - z.avail_in} - unused, inflated_.size() - z.avail_out});
  }
  inflated_.resize(inflated_.size() - z.avail_out);
  return status == Z_STREAM_END && z.avail_in == 0 && std::ranges::equal(inflated_, content);
}

// stream_ with its long stored blocks cut, and with the end that it is to have.
void segment_deflater::join(bytes content, bool last, std::vector<std::byte>& out) const {
  const bytes stream(stream_);
  out.clear();
  std::size_t copied = 0;       // of the stream
  std::uint64_t final_bit = 0;  // of `out`, of the last block's header
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const std::uint64_t bit = blocks_[i].bit;
    final_bit = 8 * std::uint64_t{out.size() - copied} + bit;
    const unsigned type = bit_at(stream, bit + 1) | bit_at(stream, bit + 2) << 1;
    const std::size_t end = i + 1 < blocks_.size() ? blocks_[i + 1].content : content.size();
    bytes rest = content.subspan(blocks_[i].content, end - blocks_[i].content);
    if (type != kStoredType || rest.size() <= kStoredBlock) continue;
    const auto lengths = static_cast<std::size_t>((bit + kHeaderBits + 7) / 8);
    append(stream.subspan(copied, lengths - copied), out);
    copied = lengths + kStoredLengths + rest.size();
    append_stored_body(rest.first(kStoredBlock), out);
    for (rest = rest.subspan(kStoredBlock); !rest.empty(); rest = rest.subspan(std::min(rest.size(), kStoredBlock))) {
      final_bit = 8 * std::uint64_t{out.size()};
      append_stored_block(rest.first(std::min(rest.size(), kStoredBlock)), false, out);
    }
  }
  append(stream.subspan(copied), out);
  if (last) {
    out[static_cast<std::size_t>(final_bit / 8)] |= mask_of(final_bit);
    return;
  }
  // The bits behind the last block are zero, and so is the header of a stored block that is not final.
  if (unused_bits_ < kHeaderBits) out.push_back({});
  append_stored_body({}, out);
}

}  // namespace docteur
