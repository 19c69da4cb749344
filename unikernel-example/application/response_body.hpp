#pragma once
// What follows a response's head, a piece at a time, so that it takes bounded memory however large it is.

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
  // At most `most` (> 0) bytes more, valid until the next call; empty when that was all. After an error the connection
  // must be aborted: that is how the client learns of it.
  [[nodiscard]] virtual result<bytes> next(std::size_t most) = 0;
  // All that is left, where that is in memory, and empty otherwise: in place of next(). Valid until the next call;
  // took() says how much of it was sent.
  [[nodiscard]] virtual bytes rest() { return {}; }
  virtual void took(std::size_t) {}
  // Whether next() takes milliseconds, for content is read again: others come first then.
  [[nodiscard]] virtual bool is_costly() const { return false; }
};

// Bytes of one object, in any order; forward is cheap.
class body_source {
 public:
  virtual ~body_source() = default;
  // At least one byte from `at` on, at most `most` (> 0), valid until the next call.
  [[nodiscard]] virtual result<bytes> read(std::uint64_t at, std::size_t most) = 0;
  // Whether read() from `at` on takes milliseconds: response_body::is_costly().
  [[nodiscard]] virtual bool is_costly(std::uint64_t) const { return false; }
};

// Content that is in memory.
[[nodiscard]] std::unique_ptr<body_source> make_source(shared_content c);
// The same for a client who may be slow: when there is no room for `what`, the whole content of `f`, it is taken away
// and the rest is read from the image again. `prove`, `scratch`: as below.
[[nodiscard]] std::unique_ptr<body_source> make_source(std::shared_ptr<site> s, const object_facts& f, shared_content c,
                                                       std::span<std::byte> scratch, bool prove);
// The rest of `what` from byte `sent` on, all the same.
[[nodiscard]] std::unique_ptr<response_body> make_held_body(std::shared_ptr<site> s, const object_facts& f,
                                                            shared_content c, std::size_t sent,
                                                            std::span<std::byte> scratch);
// A blob that is no delta, through `scratch`, which all such sources may share. `prove`: the blob will be read from its
// first byte to its last in order, and is compared with its id before the last piece is given.
[[nodiscard]] result<std::unique_ptr<body_source>> make_source(std::shared_ptr<site> s, const object_facts& f,
                                                               std::span<std::byte> scratch, bool prove);

// The whole of an object, or one range of it; of size 0: nothing.
[[nodiscard]] std::unique_ptr<response_body> make_body(std::unique_ptr<body_source> source, byte_range range);

// A multipart/byteranges (RFC 9110, section 14.6). `ranges` are not more than `size` bytes together.
struct multipart {
  std::string boundary;
  std::string type;    // of the content
  std::uint64_t size;  // of the whole content
  std::vector<byte_range> ranges;
};
// Bytes of the body.
[[nodiscard]] std::uint64_t size_of(const multipart& m);
// What stands between the ranges is made when it is sent.
[[nodiscard]] std::unique_ptr<response_body> make_body(std::unique_ptr<body_source> source, multipart m);

// "bytes 0-9/10", of the field Content-Range (section 14.4).
[[nodiscard]] std::string content_range(const byte_range& r, std::uint64_t size);

}  // namespace docteur::cache_vm
