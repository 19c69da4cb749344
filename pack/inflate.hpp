#pragma once
// Inflates the zlib streams (RFC 1950, RFC 1951) of PACK entries: whole, into a buffer, with libdeflate; or forward, in
// bounded memory, with zlib. Guest-safe.

#include <cstdint>
#include <memory>

#include "object/bytes.hpp"
#include "object/memory.hpp"

struct libdeflate_decompressor;
struct z_stream_s;

namespace docteur {

// Returns whether a stream of `deflated` bytes can hold `inflated` bytes of content: one byte inflates to at most 1032
// (zlib's Technical Details, "Maximum Compression Factor"). Check this before a size is allocated or added to another.
[[nodiscard]] constexpr bool is_plausible_size(std::uint64_t inflated, std::uint64_t deflated) noexcept {
  return inflated / 1032 <= deflated;
}

// Inflates whole streams. Holds one decompressor of fixed size, which libdeflate allocates with malloc, or with what
// libdeflate_set_memory_allocator() was given. One thread at a time.
class inflater {
 public:
  [[nodiscard]] static result<inflater> make() noexcept;  // error: out_of_memory
  inflater(inflater&&) noexcept;
  inflater& operator=(inflater&&) noexcept;
  ~inflater();

  // Inflates the stream at the start of `in`, which must hold exactly `out.size()` bytes of content. Returns the size
  // of the stream in bytes, with its Adler-32, which is checked. `at`: where `in` is in the image, for messages. Error:
  // malformed, also when `in` ends before the stream does.
  [[nodiscard]] result<std::size_t> inflate(bytes in, mutable_bytes out, std::uint64_t at) noexcept;

 private:
  explicit inflater(libdeflate_decompressor* d) noexcept : decompressor_(d) {}
  libdeflate_decompressor* decompressor_;
};

// Inflates forward, a piece at a time. Takes about 40 KiB from the memory it is given. One thread at a time.
class inflate_stream {
 public:
  enum class framing { zlib, raw };  // raw: deflate blocks without header and Adler-32, behind a restart point
  struct step {
    std::size_t consumed;  // bytes of `in`
    std::size_t produced;  // bytes of `out`
    bool ended;            // the last byte of the stream was consumed
  };

  inflate_stream() noexcept = default;  // empty: can only be assigned to
  [[nodiscard]] static result<inflate_stream> make(const memory& from, framing form) noexcept;  // error: out_of_memory
  inflate_stream(inflate_stream&&) noexcept;
  inflate_stream& operator=(inflate_stream&&) noexcept;
  ~inflate_stream();

  // Begins another stream, without allocating.
  void restart(framing form) noexcept;

  // Consumes as much of `in`, and fills as much of `out`, as it can. If it can do neither, it returns a step of zeros,
  // not an error: it needs more input or more room. `at`: where `in` is in the image, for messages. Errors: malformed,
  // out_of_memory.
  [[nodiscard]] result<step> next(bytes in, mutable_bytes out, std::uint64_t at) noexcept;

 private:
  memory memory_{};
  z_stream_s* stream_ = nullptr;  // allocated from memory_
};

}  // namespace docteur
