#pragma once
// One request's head: found in the input, split by llhttp, and refused unless it is strictly valid (RFC 9112).

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

#include "unikernel-example/application/http_limits.hpp"

namespace docteur::cache_vm {

enum class http_method : std::uint8_t { get, head, options, post };

// Fields are views of the head, or of `joined` when a list came in several lines; nullopt when absent.
struct http_request {
  http_method method = http_method::get;
  std::string_view method_name;  // as sent
  std::string_view target;
  bool is_http_10 = false;
  bool keep_alive = true;
  bool chunked = false;   // a chunked body follows: find_empty_body(), or body_finder of a POST
  std::string_view host;  // without its port: from the target, else from the field Host; may be empty
  std::optional<std::string_view> host_field, accept_encoding, available_dictionary, if_match, if_none_match,
      if_modified_since, if_unmodified_since, if_range, range, connection, content_length, transfer_encoding, expect,
      content_type, content_encoding, git_protocol, user_agent, referer;
  std::string_view body;  // of a POST, as it is sent: decode_body()
  std::forward_list<std::string> joined;
};

// The end of the head, or of the body, at the front of a text.
struct head_end {
  enum class kind { more, whole, refused } state;
  std::size_t size = 0;  // whole: bytes, including the empty line at its end
  int status = 0;        // refused: the status to answer
};
// `seen`: bytes of `text` that an earlier call examined, so that each byte is examined once. The caller has removed
// empty lines in front (RFC 9112, section 2.2). A line that ends in a bare LF is refused at once.
[[nodiscard]] head_end find_head_end(std::string_view text, std::size_t seen, const http_limits& limits) noexcept;

// The end of an empty chunked body, which proxies send with a GET: "0" CRLF CRLF (RFC 9112, section 7.1). `text`: the
// input behind the head. Any other body is refused, a valid one with 413.
[[nodiscard]] head_end find_empty_body(std::string_view text) noexcept;

// Fills `out` from a complete head. Returns 0 for a request to answer, else the status to refuse it with; the
// connection must then be closed, since the start of the next request is unknown. Syntax errors take precedence: 400
// before 405, 413, 417 and 501. `post_path`: the only path, decoded, at which POST is served; "": none. `of_stream`:
// connection::is_stream().
[[nodiscard]] int parse_head(std::string_view head, const http_limits& limits, std::string_view post_path,
                             bool of_stream, http_request& out);

// Whether the client waits for 100 before it sends its body (RFC 9110, section 10.1.1).
[[nodiscard]] bool expects_continue(const http_request& r) noexcept;

}  // namespace docteur::cache_vm
