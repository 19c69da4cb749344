#include "verify/streamed_blob.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "object/hasher.hpp"
#include "verify/entry_input.hpp"

namespace docteur {
namespace {

constexpr std::size_t kOutput = 256 << 10;  // bytes of content at once
constexpr std::uint64_t kAdlerSize = 4;
constexpr std::uint64_t kNever = static_cast<std::uint64_t>(-1);

// Computes the id and the Adler-32 of content that is added piece by piece.
class content_sums {
 public:
  content_sums(hash_kind kind, const pack_entry& e, sha256* plain)
      : hash_(object_hash(kind, e.object, e.size)), plain_(plain) {}
  void add(bytes content) {
    hash_.update(content);
    if (plain_ != nullptr) plain_->update(content);
    adler_ = libdeflate_adler32(adler_, content.data(), content.size());
    size_ += content.size();
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  // Compares the Adler-32 at the end of the stream, which must be the end of the entry, and returns the id.
  [[nodiscard]] outcome<result<oid>> finish(entry_input& in) {
    using answer = result<oid>;
    const std::uint64_t at = in.at();
    if (in.left() < kAdlerSize) return answer(fail(errc::truncated, at, "zlib stream runs past its entry"));
    std::array<std::byte, kAdlerSize> sum;
    DOCTEUR_CHECK(in.take(sum));
    if (load_be<std::uint32_t>(sum.data()) != adler_)
      return answer(fail(errc::bad_checksum, at, "Adler-32 of a zlib stream"));
    if (in.left() != 0) return answer(fail(errc::malformed, in.at(), "bytes between two entries"));
    return answer(hash_.finish());
  }

 private:
  hasher hash_;
  sha256* plain_;  // takes the content alone; may be null
  std::uint32_t adler_ = 1;
  std::uint64_t size_ = 0;
};

// Deflate with a window of at most 32 KiB and no dictionary (RFC 1950, 2.2).
bool is_zlib_header(const std::array<std::byte, kZlibHeader>& h) {
  const auto cmf = std::to_integer<unsigned>(h[0]);
  const auto flg = std::to_integer<unsigned>(h[1]);
  return (cmf & 15) == 8 && cmf >> 4 <= 7 && (flg & 0x20) == 0 && (cmf << 8 | flg) % 31 == 0;
}

// Reads the restart points of a blob one after the other.
class point_list {
 public:
  point_list(const restart_check& from, const restart_record* record) : from_(from), record_(record) {
    if (record_ != nullptr) count_ = restart_point_count(record_->size, record_->interval, record_->stored);
  }
  outcome<void> open() { return load(); }

  [[nodiscard]] bool at_end() const noexcept { return next_ == count_; }
  // The content offset of the next point; kNever if there is none.
  [[nodiscard]] std::uint64_t content() const noexcept { return at_end() ? kNever : (next_ + 1) * record_->interval; }
  // The offset of the next point in the zlib stream.
  [[nodiscard]] std::uint64_t stream() const noexcept { return stream_; }
  // The offset of its field in the image.
  [[nodiscard]] std::uint64_t at() const noexcept { return from_.point_at(*record_, next_); }
  outcome<void> advance() {
    ++next_;
    return load();
  }

 private:
  outcome<void> load() {
    if (at_end()) return {};
    DOCTEUR_TRY(stream, from_.point(*record_, next_));
    stream_ = stream;
    return {};
  }
  const restart_check& from_;
  const restart_record* record_;
  std::uint64_t count_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t stream_ = 0;
};

}  // namespace

blob_streamer::blob_streamer(const device& d, hash_kind kind, const restart_check& restarts)
    : device_(d), kind_(kind), restarts_(restarts), z_(std::make_unique<z_stream_s>()) {
  if (inflateInit2(z_.get(), -MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

blob_streamer::~blob_streamer() { inflateEnd(z_.get()); }

outcome<result<oid>> blob_streamer::run(const pack_entry& e, sha256* content) {
  const restart_record* record = restarts_.find(e);
  if (record != nullptr && record->stored) return run_stored(e, content);
  return run_deflated(e, record, content);
}

blob_streamer::piece blob_streamer::inflate_piece(bytes in, mutable_bytes out) {
  constexpr int kBlockEnd = 128, kLastBlock = 64, kUnusedBits = 7;  // zlib manual, inflate(), Z_BLOCK
  z_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  z_->avail_in = static_cast<uInt>(in.size());
  z_->next_out = reinterpret_cast<Bytef*>(out.data());
  z_->avail_out = static_cast<uInt>(out.size());
  const int status = ::inflate(z_.get(), Z_BLOCK);
  return {.status = status,
          .consumed = in.size() - z_->avail_in,
          .produced = out.size() - z_->avail_out,
          .block_ends = (z_->data_type & kBlockEnd) != 0 && (z_->data_type & kLastBlock) == 0,
          .byte_ends = (z_->data_type & kUnusedBits) == 0};
}

// Each call of inflate_piece() ends at the next restart point at the latest, and at the end of each block. A point is
// right if, with all content before it, a block ends at its byte of the stream; then inflating begins anew there.
outcome<result<oid>> blob_streamer::run_deflated(const pack_entry& e, const restart_record* record, sha256* content) {
  using answer = result<oid>;
  entry_input in(device_, e.stream_at(), e.end_at(), input_);
  std::array<std::byte, kZlibHeader> head;
  if (in.left() < head.size()) return answer(fail(errc::truncated, in.at(), "zlib stream runs past its entry"));
  DOCTEUR_CHECK(in.take(head));
  if (!is_zlib_header(head)) return answer(fail(errc::malformed, e.stream_at(), "damaged zlib stream"));

  const mutable_bytes out = output_.get(kOutput);
  content_sums sums(kind_, e, content);
  point_list points(restarts_, record);
  DOCTEUR_CHECK(points.open());
  std::uint64_t passed = kNever;  // content offset of the point passed last
  inflateReset2(z_.get(), -MAX_WBITS);
  for (bool ended = false; !ended;) {
    DOCTEUR_CHECK(in.fill());
    const std::uint64_t room = std::min({std::uint64_t{out.size()}, points.content() - sums.size()});
    const piece p = inflate_piece(in.ready(), out.first(static_cast<std::size_t>(room)));
    if (p.status == Z_MEM_ERROR) return give_up(blame::environment, "out of memory");
    if (p.status != Z_OK && p.status != Z_STREAM_END && p.status != Z_BUF_ERROR)
      return answer(fail(errc::malformed, in.at(), "damaged zlib stream"));
    in.drop(p.consumed);
    sums.add(out.first(p.produced));
    if (sums.size() > e.size) return answer(fail(errc::malformed, in.at(), "zlib stream is longer than promised"));
    ended = p.status == Z_STREAM_END;

    if (!ended && p.block_ends) {
      if (sums.size() == passed)
        return answer(fail(errc::malformed, in.at(), "a restart point is not behind its flush"));
      if (sums.size() == points.content() && p.byte_ends && in.at() - e.stream_at() == points.stream()) {
        passed = sums.size();
        DOCTEUR_CHECK(points.advance());
        inflateReset2(z_.get(), -MAX_WBITS);  // forgets everything before the point
        continue;
      }
    }
    if (!ended && p.consumed == 0 && p.produced == 0) {
      if (sums.size() == points.content() && !in.ready().empty())
        return answer(fail(errc::malformed, points.at(), "restart point is not at a full flush"));
      if (in.left() == 0) return answer(fail(errc::truncated, in.at(), "zlib stream runs past its entry"));
    }
  }
  if (sums.size() != e.size) return answer(fail(errc::malformed, in.at(), "zlib stream is shorter than promised"));
  if (!points.at_end()) return answer(fail(errc::malformed, points.at(), "restart point is not at a full flush"));
  return sums.finish(in);
}

// layout/restart_section.hpp defines the stream of a stored blob, byte for byte.
outcome<result<oid>> blob_streamer::run_stored(const pack_entry& e, sha256* content) {
  using answer = result<oid>;
  entry_input in(device_, e.stream_at(), e.end_at(), input_);
  std::array<std::byte, kZlibHeader> head;
  if (in.left() < head.size()) return answer(fail(errc::truncated, in.at(), "stored blob runs past its entry"));
  DOCTEUR_CHECK(in.take(head));
  if (head[0] != std::byte{0x78} || head[1] != std::byte{0x01})
    return answer(fail(errc::malformed, e.stream_at(), "a blob is listed as stored but is not"));

  const mutable_bytes out = output_.get(kStoredBlock);
  content_sums sums(kind_, e, content);
  do {
    const auto size = static_cast<std::size_t>(std::min(kStoredBlock, e.size - sums.size()));
    const std::uint64_t at = in.at();
    if (in.left() < kStoredBlockHeader + size)
      return answer(fail(errc::truncated, at, "stored blob runs past its entry"));
    std::array<std::byte, kStoredBlockHeader> block;
    DOCTEUR_CHECK(in.take(block));
    const bool last = sums.size() + size == e.size;
    if (block[0] != (last ? std::byte{1} : std::byte{0}) || load_le<std::uint16_t>(block.data() + 1) != size ||
        load_le<std::uint16_t>(block.data() + 3) != (~size & 0xffff))
      return answer(fail(errc::malformed, at, "a blob is listed as stored but is not"));
    DOCTEUR_CHECK(in.take(out.first(size)));
    sums.add(out.first(size));
  } while (sums.size() < e.size);
  return sums.finish(in);
}

}  // namespace docteur
