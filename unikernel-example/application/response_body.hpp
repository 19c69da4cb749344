#pragma once
// The body of a response, made a piece at a time: it takes bounded memory, however large it is.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "object/hasher.hpp"
#include "unikernel-example/application/http_range.hpp"
#include "unikernel-example/application/site.hpp"

namespace docteur::cache_vm {

class response_body {
 public:
  virtual ~response_body() = default;
  // The next bytes, at most `most` (> 0), valid until the next call; empty at the end. After an error the connection
  // must be aborted, which is the only way to report it to the client.
  [[nodiscard]] virtual result<bytes> next(std::size_t most) = 0;
  // Instead of next(): all that is left, if it is in memory, else empty. Valid until the next call; took() reports how
  // many bytes of it were sent.
  [[nodiscard]] virtual bytes rest() { return {}; }
  virtual void took(std::size_t) {}
  // Whether next() takes milliseconds because content must be read again. Other clients then come first.
  [[nodiscard]] virtual bool is_costly() const { return false; }
};

// The bytes of one object in any order; reading forward is cheap.
class body_source {
 public:
  virtual ~body_source() = default;
  // At least one byte from `at` on, at most `most` (> 0), valid until the next call. Errors: those of the reader.
  [[nodiscard]] virtual result<bytes> read(std::uint64_t at, std::size_t most) = 0;
  // Whether read() from `at` on takes milliseconds: response_body::is_costly().
  [[nodiscard]] virtual bool is_costly(std::uint64_t) const { return false; }
};

// Of content in memory.
[[nodiscard]] std::unique_ptr<body_source> make_source(shared_content c);
// The same for a client that may be slow: `c`, the whole content of `f`, is taken away when there is no room for it,
// and the rest is then read from the image again. `prove`, `scratch`: as below.
[[nodiscard]] std::unique_ptr<body_source> make_source(std::shared_ptr<site> s, const object_facts& f, shared_content c,
                                                       std::span<std::byte> scratch, bool prove);
// The rest of `c` from byte `sent` on, in the same way.
[[nodiscard]] std::unique_ptr<response_body> make_held_body(std::shared_ptr<site> s, const object_facts& f,
                                                            shared_content c, std::size_t sent,
                                                            std::span<std::byte> scratch);
// Of a blob that is not a delta, read through `scratch`, which all such sources may share. `prove`: the blob will be
// read in order from its first byte to its last, and is compared with its id before the last piece is returned
// (bad_checksum). Errors: as blob_stream::open().
[[nodiscard]] result<std::unique_ptr<body_source>> make_source(std::shared_ptr<site> s, const object_facts& f,
                                                               std::span<std::byte> scratch, bool prove);

// One range of an object, which may be all of it, or empty.
[[nodiscard]] std::unique_ptr<response_body> make_body(std::unique_ptr<body_source> source, byte_range range);

// A multipart/byteranges (RFC 9110, section 14.6). The sum of `ranges` is at most `size`.
struct multipart {
  std::string boundary;
  std::string type;    // of the content
  std::uint64_t size;  // of the whole content
  std::vector<byte_range> ranges;
};
// Bytes of the body.
[[nodiscard]] std::uint64_t size_of(const multipart& m);
// The text between the ranges is made when it is sent.
[[nodiscard]] std::unique_ptr<response_body> make_body(std::unique_ptr<body_source> source, multipart m);

// "bytes 0-9/10", the value of Content-Range (section 14.4).
[[nodiscard]] std::string content_range(const byte_range& r, std::uint64_t size);

}  // namespace docteur::cache_vm
