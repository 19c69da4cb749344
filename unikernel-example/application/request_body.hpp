#pragma once
// The body of a POST: where it ends, and its content. It is kept in the connection's buffer until it is whole, so that
// the request can be answered again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "unikernel-example/application/http_request.hpp"

namespace docteur::cache_vm {

// Finds the end of a body while it arrives. Each byte is examined once.
class body_finder {
 public:
  // Begins with the body of `r`, whose framing parse_head() has checked: chunked, or Content-Length, which is 0 without
  // that field.
  void begin(const http_request& r, const http_limits& limits) noexcept;
  void stop() noexcept { begun_ = false; }
  [[nodiscard]] bool is_begun() const noexcept { return begun_; }
  // `text`: the input behind the head, of which an earlier call has seen the front. Refuses a body over the limit
  // (413), chunks that are badly formed (400) and trailers (413).
  [[nodiscard]] head_end find(std::string_view text) noexcept;

 private:
  [[nodiscard]] head_end find_last_chunk(std::string_view text) noexcept;

  bool begun_ = false;
  bool chunked_ = false;
  std::uint64_t left_ = 0;  // bytes to skip from at_ on: the body, or a chunk's data with its CR LF
  std::size_t at_ = 0;      // bytes that were examined
  std::size_t most_ = 0;    // bytes of the body, framing included
};

// The content of a whole body as it was sent: without chunks and without Content-Encoding gzip (RFC 9110, section
// 8.4.1.3). status: 0, or the one to refuse it with: 400 for a broken coding, 413 for content over the limit, 415 for
// another coding. Takes memory for the content. Throws std::bad_alloc.
struct body_content {
  int status = 0;
  std::string text;
};
[[nodiscard]] body_content decode_body(const http_request& r, const http_limits& limits);

}  // namespace docteur::cache_vm
