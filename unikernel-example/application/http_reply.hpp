#pragma once
// A response: its head as text, and the source of its body.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "unikernel-example/application/field_set.hpp"
#include "unikernel-example/application/response_body.hpp"
#include "unikernel-example/application/text_buffer.hpp"

namespace docteur::cache_vm {

// "Not Found"; "" for a status that this server never sends.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

struct http_reply {
  int status = 0;
  text_buffer head;                     // including the empty line at its end
  shared_content content;               // the whole body, if it is in memory
  std::unique_ptr<response_body> body;  // the body otherwise
  bool close = false;                   // the connection closes after it

  // Empties it, but keeps the head's memory.
  void reset() noexcept {
    status = 0;
    head.clear();
    content.reset();
    body.reset();
    close = false;
  }
};

// What every response to a request depends on.
struct reply_context {
  std::string_view date;  // "" when the time is unknown
  bool close;
  bool is_http_10;
  bool is_head;
  std::string_view keep_alive{};  // value of the field Keep-Alive; "": none
  bool is_stream = false;         // http_request
};

// Writes a response: begin(), the fields, then one function whose name begins with "end"; or error() alone.
class reply_writer {
 public:
  // `own`: fields to add, and fields that these replace; may be null.
  reply_writer(http_reply& to, const reply_context& context, const field_set* own = nullptr) noexcept
      : to_(&to), context_(&context), own_(own) {}

  reply_writer& begin(int status);
  // Most names and values are literals: copied in place, they cost a few instructions each.
  template <std::size_t N>
  reply_writer& field(const char (&name)[N], std::string_view value) {
    if (own_ != nullptr) [[unlikely]]
      return field_unless_replaced({name, N - 1}, value);
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
  void end_with(std::string text);    // Content-Type was already written
  // A body of unknown length: chunked, or for HTTP/1.0 up to the end of the connection.
  void end_with_unknown_length(std::unique_ptr<response_body> body);
  void end_without_body() { end_head(); }
  // A complete short response: the status and its reason as text.
  void error(int status);

 private:
  void end_head();
  void append(std::string_view name, std::string_view value);
  reply_writer& field_unless_replaced(std::string_view name, std::string_view value);

  http_reply* to_;
  const reply_context* context_;
  const field_set* own_;
};

[[nodiscard]] shared_content to_content(std::string_view text);

}  // namespace docteur::cache_vm
