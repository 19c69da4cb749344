#pragma once
// A response in the making: its head as text, and where its body comes from.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "unikernel-example/application/response_body.hpp"
#include "unikernel-example/application/text_buffer.hpp"

namespace docteur::cache_vm {

// "Not Found"; "" for what this server never sends.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

struct http_reply {
  int status = 0;
  text_buffer head;                     // its last empty line included
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
  reply_writer(http_reply& to, const reply_context& context) noexcept : to_(&to), context_(&context) {}

  reply_writer& begin(int status);
  // Names are literals, and most values are: copied in place, they are a few instructions each.
  template <std::size_t N>
  reply_writer& field(const char (&name)[N], std::string_view value) {
    char* to = to_->head.extend(N - 1 + 2 + value.size() + 2);
    std::memcpy(to, name, N - 1);
    std::memcpy(to + N - 1, ": ", 2);
    to += N + 1;
    if (!value.empty()) std::memcpy(to, value.data(), value.size());
    std::memcpy(to + value.size(), "\r\n", 2);
    return *this;
  }
  // With Content-Length, and the body unless the request is HEAD.
  void end_with(std::uint64_t size);  // the body is already in the reply
  void end_with(std::string text);    // its type is already a field
  // A body whose length is not known: chunked, or up to the connection's end for HTTP/1.0.
  void end_with_unknown_length(std::unique_ptr<response_body> body);
  void end_without_body() { to_->head.append("\r\n"); }
  // A whole short response: the status's name as text.
  void error(int status);

 private:
  http_reply* to_;
  const reply_context* context_;
};

[[nodiscard]] shared_content to_content(std::string_view text);

}  // namespace docteur::cache_vm
