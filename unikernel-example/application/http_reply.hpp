#pragma once
// A response in the making: its head as text, and where its body comes from.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "unikernel-example/application/response_body.hpp"

namespace docteur::cache_vm {

// "Not Found"; "" for what this server never sends.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

struct http_reply {
  int status = 0;
  std::string head;                     // its last empty line included
  shared_content content;               // the whole body, when it is in memory
  std::unique_ptr<response_body> body;  // else
  bool close = false;                   // the connection ends behind it

  // Forgets what was, but keeps the head's memory.
  void reset() noexcept {
    status = 0;
    head.clear();
    content.reset();
    body.reset();
    close = false;
  }
};

// What all responses to a request have in common.
struct reply_context {
  std::string_view date;  // "" when the time is not known
  bool close;
  bool is_http_10;
  bool is_head;
};

// Writes heads. After begin(), the fields; then one of the two ends.
class reply_writer {
 public:
  reply_writer(http_reply& to, const reply_context& how) noexcept : to_(&to), how_(&how) {}

  reply_writer& begin(int status);
  reply_writer& field(std::string_view name, std::string_view value);
  reply_writer& field(std::string_view name, std::uint64_t value);
  // With Content-Length, and the body unless the request is HEAD.
  void end_with(std::uint64_t size);  // the body is already in the reply
  void end_with(std::string text);    // its type is already a field
  // A body whose length is not known: chunked, or up to the connection's end for HTTP/1.0.
  void end_with_unknown_length(std::unique_ptr<response_body> body);
  void end_without_body() { to_->head += "\r\n"; }
  // A whole short response: the status's name as text.
  void error(int status);

 private:
  http_reply* to_;
  const reply_context* how_;
};

[[nodiscard]] shared_content to_content(std::string_view text);

}  // namespace docteur::cache_vm
