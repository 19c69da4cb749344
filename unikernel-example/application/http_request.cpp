#include "unikernel-example/application/http_request.hpp"

#include <http_parser.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {
namespace {

// What RFC 9110 defines and this server does not allow; a method that nobody knows is 501.
constexpr std::array<std::string_view, 6> kOtherMethods{"POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"};

// The request line, "GET /target HTTP/1.1". http_parser does not see it: that takes more than the RFC allows, and does
// not tell an unknown method from a mistake.
[[nodiscard]] int check_request_line(std::string_view line, const http_limits& limits, http_request& out) noexcept {
  std::string_view rest = line;
  out.method_name = take_until(rest, ' ');
  const std::size_t last = rest.rfind(' ');
  if (!is_token(out.method_name) || last == std::string_view::npos) return 400;
  out.target = rest.substr(0, last);
  const std::string_view version = rest.substr(last + 1);
  if (out.target.size() > limits.target_bytes) return 414;
  if (out.target.empty() || !is_all(out.target, char_class::target)) return 400;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(version[5]) || version[6] != '.' ||
      !digit(version[7]))
    return 400;
  if (version[5] != '1') return 505;
  out.is_http_10 = version[7] == '0';
  if (out.method_name == "GET") {
    out.method = http_method::get;
  } else if (out.method_name == "HEAD") {
    out.method = http_method::head;
  } else if (out.method_name == "OPTIONS") {
    out.method = http_method::options;
  } else {
    return std::ranges::find(kOtherMethods, out.method_name) != kOtherMethods.end() ? 405 : 501;
  }
  return is_target_form(out.target) ? 0 : 400;
}

// "Name: value": no space before the colon, no line that goes on with the one before, no control characters.
[[nodiscard]] bool is_good_field(std::string_view line) noexcept {
  const std::size_t name = span_of(line, char_class::token);
  return name > 0 && name < line.size() && line[name] == ':' && is_text(line.substr(name + 1));
}

// What http_parser tells, put where it belongs.
struct collector {
  http_request* out;
  const http_limits* limits;
  std::string_view name;
  std::string_view value;
  bool in_value = false;
  std::size_t fields = 0;
  int status = 0;

  [[nodiscard]] bool once(std::optional<std::string_view>& field) noexcept {
    if (field) return false;
    field = value;
    return true;
  }
  [[nodiscard]] bool list(std::optional<std::string_view>& field) {
    if (!field) {
      field = value;
      return true;
    }
    field = out->joined.emplace_front(std::string(*field).append(", ").append(value));
    return true;
  }
  void end_field() {
    if (!in_value) return;
    in_value = false;
    value = trim(value);
    if (++fields > limits->fields) status = 431;
    const auto is = [this](std::string_view known) { return equal_ignoring_case(name, known); };
    bool good = true;
    switch (name.size()) {
      case 4:
        if (is("host")) good = once(out->host);
        break;
      case 5:
        if (is("range")) good = once(out->range);
        break;
      case 6:
        if (is("expect")) good = once(out->expect);
        break;
      case 8:
        if (is("if-match")) good = list(out->if_match);
        if (is("if-range")) good = once(out->if_range);
        break;
      case 10:
        if (is("connection")) good = list(out->connection);
        break;
      case 13:
        if (is("if-none-match")) good = list(out->if_none_match);
        break;
      case 14:
        if (is("content-length")) good = once(out->content_length);
        break;
      case 15:
        if (is("accept-encoding")) good = list(out->accept_encoding);
        break;
      case 17:
        if (is("if-modified-since")) good = once(out->if_modified_since);
        if (is("transfer-encoding")) good = once(out->transfer_encoding);
        break;
      case 19:
        if (is("if-unmodified-since")) good = once(out->if_unmodified_since);
        break;
      default: break;
    }
    if (!good && status == 0) status = 400;
  }
};

[[nodiscard]] collector& self(http_parser* p) noexcept { return *static_cast<collector*>(p->data); }

// Pieces of one text that lie side by side.
void extend(std::string_view& text, const char* at, std::size_t n) noexcept {
  text = !text.empty() && text.data() + text.size() == at ? std::string_view(text.data(), text.size() + n)
                                                          : std::string_view(at, n);
}

int on_field(http_parser* p, const char* at, std::size_t n) {
  collector& c = self(p);
  if (c.in_value) {
    c.end_field();
    c.name = {};
  }
  extend(c.name, at, n);
  c.value = {};
  return 0;
}
int on_value(http_parser* p, const char* at, std::size_t n) {
  collector& c = self(p);
  c.in_value = true;
  extend(c.value, at, n);
  return 0;
}
int on_end(http_parser* p) {
  self(p).end_field();
  return 1;  // no body is read
}

const http_parser_settings& settings() noexcept {
  static const http_parser_settings s = [] {
    http_parser_settings all;
    http_parser_settings_init(&all);
    all.on_header_field = on_field;
    all.on_header_value = on_value;
    all.on_headers_complete = on_end;
    return all;
  }();
  return s;
}

// http_parser as it is behind a request line.
http_parser parser_at_fields() noexcept {
  static const http_parser p = [] {
    constexpr std::string_view line = "GET / HTTP/1.1\r\n";
    http_parser at_line;
    http_parser_init(&at_line, HTTP_REQUEST);
    http_parser_execute(&at_line, &settings(), line.data(), line.size());
    return at_line;
  }();
  return p;
}

// Whether a body follows, and what to say of it: this server takes none (RFC 9112, section 6).
[[nodiscard]] int check_body(const http_request& r) noexcept {
  if (r.transfer_encoding) {
    if (r.content_length || r.is_http_10) return 400;
    return equal_ignoring_case(*r.transfer_encoding, "chunked") ? 413 : 501;
  }
  if (!r.content_length) return 0;
  const auto size = parse_number(*r.content_length);
  if (!size) return 400;
  return *size > 0 ? 413 : 0;
}

[[nodiscard]] bool has_option(std::string_view list, std::string_view option) noexcept {
  while (!list.empty())
    if (equal_ignoring_case(trim(take_until(list, ',')), option)) return true;
  return false;
}

}  // namespace

head_end find_head_end(std::string_view text, std::size_t seen, const http_limits& limits) noexcept {
  using enum head_end::what;
  std::size_t at = seen;
  while (at < text.size()) {
    const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
    if (found == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (end == 0 || text[end - 1] != '\r') return {refused, 0, 400};
    if (end >= 3 && text[end - 2] == '\n') {
      if (end + 1 > limits.header_bytes) return {refused, 0, 431};
      return {whole, end + 1, 0};
    }
    at = end + 1;
  }
  if (text.size() < limits.header_bytes) return {more};
  // Which part is too long?
  return {refused, 0, text.substr(0, limits.target_bytes + 64).find('\n') == std::string_view::npos ? 414 : 431};
}

int parse_head(std::string_view head, const http_limits& limits, http_request& out) {
  out = {};
  std::string_view lines = head.substr(0, head.size() - 2);
  const auto take_line = [&lines] {
    const std::string_view line = take_until(lines, '\n');
    return line.substr(0, line.size() - 1);  // find_head_end() saw the CR
  };
  const std::string_view request_line = take_line();
  if (const int status = check_request_line(request_line, limits, out); status != 0) return status;
  while (!lines.empty())
    if (!is_good_field(take_line())) return 400;

  http_parser parser = parser_at_fields();
  collector found{&out, &limits, {}, {}};
  parser.data = &found;
  const std::string_view fields = head.substr(request_line.size() + 2);
  const std::size_t parsed = http_parser_execute(&parser, &settings(), fields.data(), fields.size());
  if (found.status != 0) return found.status;
  if (HTTP_PARSER_ERRNO(&parser) == HPE_OK ? parsed != fields.size() && parser.upgrade == 0 : true) {
    // A body that is refused anyway may be refused by its name.
    const int status = check_body(out);
    return status != 0 ? status : 400;
  }
  if (!out.host ? !out.is_http_10 : !is_all(*out.host, char_class::host)) return 400;
  if (const int status = check_body(out); status != 0) return status;
  if (out.expect && !equal_ignoring_case(*out.expect, "100-continue")) return 417;
  const std::string_view options = out.connection.value_or(std::string_view());
  out.keep_alive = !has_option(options, "close") && (!out.is_http_10 || has_option(options, "keep-alive"));
  return 0;
}

}  // namespace docteur::cache_vm
