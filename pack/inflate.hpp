#pragma once
// zlib streams (RFC 1950, RFC 1951) of PACK entries: whole into a buffer with libdeflate, or forward in bounded memory
// with zlib. Guest-safe.

#include <cstdint>
#include <memory>

#include "object/bytes.hpp"
#include "object/memory.hpp"

struct libdeflate_decompressor;
struct z_stream_s;

namespace docteur {

// Whether a stream of `deflated` bytes can hold `inflated` bytes of content: deflate makes at most 1032 bytes of one
// (zlib's Technical Details, "Maximum Compression Factor"). A size that is not plausible is neither believed, allocated
// nor added to another.
[[nodiscard]] constexpr bool is_plausible_size(std::uint64_t inflated, std::uint64_t deflated) noexcept {
  return inflated / 1032 <= deflated;
}

// Inflates whole streams. Holds one decompressor of fixed size, which libdeflate takes from its own allocator
// (malloc, or what libdeflate_set_memory_allocator() was given). One at a time: not for two threads.
class inflater {
 public:
  [[nodiscard]] static result<inflater> make() noexcept;
  inflater(inflater&&) noexcept;
  inflater& operator=(inflater&&) noexcept;
  ~inflater();

  // The stream at the front of `in` must inflate to exactly `out.size()` bytes. Returns how many bytes of `in` it took,
  // its Adler-32 (checked) included. Errors: truncated when `in` ends before the stream, malformed otherwise.
  [[nodiscard]] result<std::size_t> inflate(bytes in, mutable_bytes out, std::uint64_t at) noexcept;

 private:
  explicit inflater(libdeflate_decompressor* d) noexcept : decompressor_(d) {}
  libdeflate_decompressor* decompressor_;
};

// Inflates forward, a piece at a time, in about 40 KiB of the handed memory.
class inflate_stream {
 public:
  enum class framing { zlib, raw };  // raw: deflate blocks without header and Adler-32, behind a restart point
  struct progress {
    std::size_t consumed;  // bytes of `in`
    std::size_t produced;  // bytes of `out`
    bool ended;            // the stream's last byte was consumed
  };

  inflate_stream() noexcept = default;  // holds nothing: only to be assigned to
  [[nodiscard]] static result<inflate_stream> make(const memory& from, framing how) noexcept;
  inflate_stream(inflate_stream&&) noexcept;
  inflate_stream& operator=(inflate_stream&&) noexcept;
  ~inflate_stream();

  // Ready for another stream, without taking memory.
  void restart(framing how) noexcept;

  // Takes what it can of `in` and fills what it can of `out`. No progress at all is an answer: more of the other side
  // is needed.
  [[nodiscard]] result<progress> next(bytes in, mutable_bytes out, std::uint64_t at) noexcept;

 private:
  memory memory_{};
  z_stream_s* stream_ = nullptr;  // in memory_
};

}  // namespace docteur
