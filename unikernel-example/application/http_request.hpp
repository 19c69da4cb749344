#pragma once
// One request's head: found in what has arrived, split by llhttp, and everything odd refused (RFC 9112).

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

#include "unikernel-example/application/http_limits.hpp"

namespace docteur::cache_vm {

enum class http_method : std::uint8_t { get, head, options };

// Fields are views of the head, or of `joined` where a list came in several lines; absent ones are nullopt.
struct http_request {
  http_method method = http_method::get;
  std::string_view method_name;  // as sent, for the log
  std::string_view target;
  bool is_http_10 = false;
  bool keep_alive = true;
  bool chunked = false;   // a body in chunks follows: find_empty_body()
  std::string_view host;  // whom it is meant for, without a port: of the target, else of the field Host; may be empty
  std::optional<std::string_view> host_field, accept_encoding, if_match, if_none_match, if_modified_since,
      if_unmodified_since, if_range, range, connection, content_length, transfer_encoding, expect;
  std::forward_list<std::string> joined;
};

// Where the head at the front of `text` ends.
struct head_end {
  enum class kind { more, whole, refused } state;
  std::size_t size = 0;  // whole: bytes, its last empty line included
  int status = 0;        // refused
};
// `seen`: how many bytes of `text` an earlier call has looked at, so that each is looked at once. Empty lines in front
// (RFC 9112, section 2.2) must be gone already. A line that ends in LF alone is refused at once.
[[nodiscard]] head_end find_head_end(std::string_view text, std::size_t seen, const http_limits& limits) noexcept;

// Where a body in chunks ends that holds nothing, as proxies send it with a GET: "0" CRLF CRLF (RFC 9112, section 7.1).
// `text`: what follows the head. Refused: any other, with 413 when it is one.
[[nodiscard]] head_end find_empty_body(std::string_view text) noexcept;

// Fills `out` from a whole head. 0 when the request is to be answered, else the status to refuse it with; the
// connection must then close, for nobody knows where the next request begins. Faults of syntax come before all that is
// said of a good request: 400 before 405, 413, 417 and 501.
[[nodiscard]] int parse_head(std::string_view head, const http_limits& limits, http_request& out);

}  // namespace docteur::cache_vm
