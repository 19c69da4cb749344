#include "pack/deflate_blocks.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "object/stored_block.hpp"
#include "pack/compressor.hpp"

namespace docteur {
namespace {

// A block's header (RFC 1951, 3.2.3): one bit that marks the final block, then two bits of type.
constexpr unsigned kHeaderBits = 3;
constexpr unsigned kStoredType = 0;
constexpr std::size_t kStoredLengths = 4;  // bytes, behind the header and the rest of its byte
constexpr std::size_t kSample = 32;        // bytes of a presumed stored block that are searched for in the content

unsigned bit_at(bytes data, std::uint64_t bit) {
  return std::to_integer<unsigned>(data[static_cast<std::size_t>(bit / 8)]) >> (bit % 8) & 1;
}

std::byte mask_of(std::uint64_t bit) { return static_cast<std::byte>(1u << bit % 8); }

void append(bytes data, std::vector<std::byte>& out) { out.insert(out.end(), data.begin(), data.end()); }

}  // namespace

void deflate_blocks::end_inflate::operator()(z_stream_s* z) const noexcept {
  inflateEnd(z);
  delete z;
}

deflate_blocks::deflate_blocks() {
  auto z = std::make_unique<z_stream_s>();
  if (inflateInit2(z.get(), -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  inflate_.reset(z.release());
}

// A stored block has its length and the length's complement in front, at a byte boundary, and what it stores occurs in
// the content as it is.
bool deflate_blocks::may_hold_long_stored(bytes stream, bytes content) noexcept {
  if (stream.size() <= kStoredBlock) return false;
  const std::size_t end = stream.size() - kStoredBlock;
  for (std::size_t i = 0; i < end; ++i) {
    const auto length = load_le<std::uint16_t>(&stream[i]);
    const auto complement = load_le<std::uint16_t>(&stream[i + 2]);
    if (length <= kStoredBlock || (length ^ complement) != 0xffff) continue;
    if (memmem(content.data(), content.size(), &stream[i + kStoredLengths], kSample) != nullptr) return true;
  }
  return false;
}

bool deflate_blocks::find(bytes stream, bytes content) {
  constexpr int kBlockEnd = 128, kLastBlock = 64, kUnusedBits = 7;  // zlib manual, inflate(), Z_BLOCK
  z_stream_s& z = *inflate_;
  inflated_.resize(content.size() + 1);
  inflateReset2(&z, -MAX_WBITS);
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(stream.data()));
  z.avail_in = static_cast<uInt>(stream.size());
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
      blocks_.push_back({8 * std::uint64_t{stream.size() - z.avail_in} - unused, inflated_.size() - z.avail_out});
  }
  inflated_.resize(inflated_.size() - z.avail_out);
  return status == Z_STREAM_END && z.avail_in == 0 && std::ranges::equal(inflated_, content);
}

// A stored block begins anywhere in a byte; its lengths begin at the next byte. One of 60,000 bytes becomes two:
//
//   stream  ...|fTT.....|LL NN|60,000 bytes|fTT...      f: final bit; TT: type; LL NN: length and its complement
//   out     ...|fTT.....|LL NN|32,768 bytes|fTT.....|LL NN|27,232 bytes|fTT...
//
// Everything between the long blocks is copied as it is. The final bit of the block written last is set or cleared at
// the end.
void deflate_blocks::append_cut(bytes stream, bytes content, bool last, std::vector<std::byte>& out) const {
  std::size_t copied = 0;  // bytes of the stream that are in `out`
  std::size_t header = 0;  // of the block written last: the byte of `out` with its final bit
  std::byte final_bit{};   // the mask of that bit
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const std::uint64_t bit = blocks_[i].bit;
    header = out.size() - copied + static_cast<std::size_t>(bit / 8);
    final_bit = mask_of(bit);
    const unsigned type = bit_at(stream, bit + 1) | bit_at(stream, bit + 2) << 1;
    const std::size_t end = i + 1 < blocks_.size() ? blocks_[i + 1].content : content.size();
    bytes rest = content.subspan(blocks_[i].content, end - blocks_[i].content);
    if (type != kStoredType || rest.size() <= kStoredBlock) continue;
    const auto lengths = static_cast<std::size_t>((bit + kHeaderBits + 7) / 8);
    append(stream.subspan(copied, lengths - copied), out);
    out[header] &= ~final_bit;
    copied = lengths + kStoredLengths + rest.size();
    append_stored_body(rest.first(kStoredBlock), out);
    for (rest = rest.subspan(kStoredBlock); !rest.empty(); rest = rest.subspan(std::min(rest.size(), kStoredBlock))) {
      header = out.size();
      final_bit = mask_of(0);
      append_stored_block(rest.first(std::min(rest.size(), kStoredBlock)), false, out);
    }
  }
  append(stream.subspan(copied), out);
  if (last) {
    out[header] |= final_bit;
    return;
  }
  out[header] &= ~final_bit;
  // The unused bits of the last byte are zero, which is the header of a stored block that is not final. If there are
  // fewer than three, the header goes on in another byte.
  if (unused_bits_ < kHeaderBits) out.push_back({});
  append_stored_body({}, out);
}

}  // namespace docteur
