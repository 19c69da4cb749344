#include "unikernel-example/application/http_reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kMostChunkHead = 10;  // "ffffffff\r\n"

// Chunked transfer coding (RFC 9112, section 7.1) of another body.
class chunked_body final : public response_body {
 public:
  explicit chunked_body(std::unique_ptr<response_body> inner) : inner_(std::move(inner)) {}

  result<bytes> next(std::size_t most) override {
    if (sent_ == chunk_.size()) {
      if (ended_) return bytes();
      DOCTEUR_TRY(piece, inner_->next(kPiece));
      std::array<char, kMostChunkHead> size;
      const auto end = std::to_chars(size.data(), size.data() + size.size(), piece.size(), 16).ptr;
      chunk_.assign(size.data(), end).append("\r\n").append(as_text(piece)).append("\r\n");
      sent_ = 0;
      ended_ = piece.empty();
    }
    const bytes rest = as_bytes(chunk_).subspan(sent_);
    const bytes piece = rest.first(std::min(most, rest.size()));
    sent_ += piece.size();
    return piece;
  }

 private:
  static constexpr std::size_t kPiece = 8 << 10;
  std::unique_ptr<response_body> inner_;
  std::string chunk_;
  std::size_t sent_ = 0;
  bool ended_ = false;
};

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

reply_writer& reply_writer::begin(int status) {
  to_->status = status;
  to_->close = context_->close;
  text_buffer& h = to_->head;
  std::array<char, 3> digits;
  std::to_chars(digits.data(), digits.data() + digits.size(), status);
  h.append("HTTP/1.1 ");
  h.append({digits.data(), digits.size()});
  h.append(" ");
  h.append(reason_phrase(status));
  h.append("\r\nServer: docteur-cache\r\n");
  if (!context_->date.empty()) field("Date", context_->date);
  if (context_->is_stream) return *this;  // its end is that of the response
  if (context_->close) {
    field("Connection", "close");
  } else if (context_->is_http_10 || !context_->keep_alive.empty()) {
    field("Connection", "keep-alive");
    if (!context_->keep_alive.empty()) field("Keep-Alive", context_->keep_alive);
  }
  return *this;
}

void reply_writer::append(std::string_view name, std::string_view value) {
  char* to = to_->head.extend(name.size() + 2 + value.size() + 2);
  const auto put = [&to](std::string_view part) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  };
  put(name);
  put(": ");
  put(value);
  put("\r\n");
}

reply_writer& reply_writer::field_unless_replaced(std::string_view name, std::string_view value) {
  if (!own_->replaces(name, to_->status)) append(name, value);
  return *this;
}

void reply_writer::end_head() {
  if (own_ != nullptr)
    for (const field_set::field& f : own_->fields())
      if (field_set::is_sent(f, to_->status)) append(f.name, f.text());
  to_->head.append("\r\n");
}

void reply_writer::end_with(std::uint64_t size) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size).ptr;
  field("Content-Length", std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  end_head();
  if (context_->is_head) {
    to_->content.reset();
    to_->body.reset();
  }
}

void reply_writer::end_with(std::string text) {
  if (!context_->is_head) to_->content = to_content(text);
  end_with(std::uint64_t{text.size()});
}

void reply_writer::end_with_unknown_length(std::unique_ptr<response_body> body) {
  if (!context_->is_http_10 && !context_->is_stream) {
    field("Transfer-Encoding", "chunked");
    body = std::make_unique<chunked_body>(std::move(body));
  } else {
    to_->close = true;
  }
  end_head();
  if (!context_->is_head) to_->body = std::move(body);
}

void reply_writer::error(int status) {
  begin(status);
  if (status == 405 || status == 501) field("Allow", "GET, HEAD, OPTIONS");
  if (status == 503) field("Retry-After", "5");
  field("Content-Type", "text/plain; charset=utf-8");
  end_with(std::to_string(status) + " " + std::string(reason_phrase(status)) + "\n");
}

shared_content to_content(std::string_view text) {
  auto c = std::make_shared<content>();
  c->data.reset(new std::byte[text.size()]);
  c->size = text.size();
  std::ranges::copy(as_bytes(text), c->data.get());
  return c;
}

}  // namespace docteur::cache_vm
