#include "pack/inflate.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <new>

namespace docteur {
namespace {

// zlib releases blocks without their size, so each block carries it in front.
constexpr std::size_t kPrefix = alignof(std::max_align_t);

voidpf take(voidpf opaque, uInt items, uInt size) noexcept {
  auto& from = *static_cast<memory*>(opaque);
  const std::size_t n = std::size_t{items} * size + kPrefix;
  auto* block = static_cast<std::byte*>(from.allocate(from.self, n));
  if (block == nullptr) return Z_NULL;
  std::memcpy(block, &n, sizeof n);
  return block + kPrefix;
}

void give_back(voidpf opaque, voidpf address) noexcept {
  auto& from = *static_cast<memory*>(opaque);
  auto* block = static_cast<std::byte*>(address) - kPrefix;
  std::size_t n = 0;
  std::memcpy(&n, block, sizeof n);
  from.release(from.self, block, n);
}

// The largest window; a negative number means no zlib header and trailer (zlib manual, inflateInit2).
constexpr int window_bits(inflate_stream::framing form) noexcept {
  return form == inflate_stream::framing::zlib ? MAX_WBITS : -MAX_WBITS;
}

constexpr uInt clamp(std::size_t n) noexcept { return static_cast<uInt>(std::min<std::size_t>(n, 1u << 30)); }

}  // namespace

result<inflater> inflater::make() noexcept {
  libdeflate_decompressor* d = libdeflate_alloc_decompressor();
  if (d == nullptr) return fail(errc::out_of_memory, 0, "no memory for a decompressor");
  return inflater(d);
}

inflater::inflater(inflater&& other) noexcept : decompressor_(std::exchange(other.decompressor_, nullptr)) {}

inflater& inflater::operator=(inflater&& other) noexcept {
  std::swap(decompressor_, other.decompressor_);
  return *this;
}

inflater::~inflater() {
  if (decompressor_ != nullptr) libdeflate_free_decompressor(decompressor_);
}

result<std::size_t> inflater::inflate(bytes in, mutable_bytes out, std::uint64_t at) noexcept {
  std::size_t consumed = 0;
  std::byte none{};  // an empty object has a stream, too, and libdeflate needs an address
  switch (libdeflate_zlib_decompress_ex(decompressor_, in.data(), in.size(), out.empty() ? &none : out.data(),
                                        out.size(), &consumed, nullptr)) {
    case LIBDEFLATE_SUCCESS: return consumed;
    case LIBDEFLATE_SHORT_OUTPUT: return fail(errc::malformed, at, "zlib stream is shorter than promised");
    case LIBDEFLATE_INSUFFICIENT_SPACE: return fail(errc::malformed, at, "zlib stream is longer than promised");
    default: return fail(errc::malformed, at, "damaged zlib stream");
  }
}

// The z_stream and the allocator that it points to, in one allocated block, so that neither moves when inflate_stream
// does.
struct inflate_state {
  z_stream_s stream;
  memory from;
};

result<inflate_stream> inflate_stream::make(const memory& from, framing form) noexcept {
  void* block = from.allocate(from.self, sizeof(inflate_state));
  if (block == nullptr) return fail(errc::out_of_memory, 0, "no memory for an inflate stream");
  auto* state = new (block) inflate_state{{}, from};
  state->stream.zalloc = take;
  state->stream.zfree = give_back;
  state->stream.opaque = &state->from;
  if (inflateInit2(&state->stream, window_bits(form)) != Z_OK) {
    from.release(from.self, block, sizeof(inflate_state));
    return fail(errc::out_of_memory, 0, "no memory for an inflate stream");
  }
  inflate_stream s;
  s.memory_ = from;
  s.stream_ = &state->stream;
  return s;
}

inflate_stream::inflate_stream(inflate_stream&& other) noexcept
    : memory_(other.memory_), stream_(std::exchange(other.stream_, nullptr)) {}

inflate_stream& inflate_stream::operator=(inflate_stream&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(stream_, other.stream_);
  return *this;
}

inflate_stream::~inflate_stream() {
  if (stream_ == nullptr) return;
  inflateEnd(stream_);
  memory_.release(memory_.self, stream_, sizeof(inflate_state));
}

void inflate_stream::restart(framing form) noexcept { inflateReset2(stream_, window_bits(form)); }

result<inflate_stream::step> inflate_stream::next(bytes in, mutable_bytes out, std::uint64_t at) noexcept {
  std::byte none{};
  const uInt in_size = clamp(in.size());
  const uInt out_size = clamp(out.size());
  stream_->next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  stream_->avail_in = in_size;
  stream_->next_out = reinterpret_cast<Bytef*>(out.empty() ? &none : out.data());
  stream_->avail_out = out_size;
  const int status = ::inflate(stream_, Z_NO_FLUSH);
  if (status == Z_MEM_ERROR) return fail(errc::out_of_memory, at, "no memory for an inflate stream");
  if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
    return fail(errc::malformed, at, "damaged zlib stream");
  return step{in_size - stream_->avail_in, out_size - stream_->avail_out, status == Z_STREAM_END};
}

}  // namespace docteur
