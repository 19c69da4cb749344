#include "unikernel-example/application/http_request.hpp"

#include <llhttp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "unikernel-example/application/http_authority.hpp"
#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {
namespace {

// Methods of RFC 9110 that are answered 405; an unknown method is answered 501.
constexpr std::array<std::string_view, 6> kOtherMethods{"POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"};

// The request line, "GET /target HTTP/1.1". llhttp does not get it, since it does not distinguish an unknown method
// from a syntax error. check_method() follows later.
[[nodiscard]] int check_request_line(std::string_view line, const http_limits& limits, bool of_stream,
                                     http_request& out) noexcept {
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
  if (of_stream ? version != "HTTP/2.0" : version[5] != '1') return 505;
  out.is_http_10 = !of_stream && version[7] == '0';
  return 0;
}

// Whether the target has a form that the method allows (RFC 9112, section 3.2). Sets the host of an absolute form.
[[nodiscard]] bool check_target(http_request& r) noexcept {
  if (r.method_name == "CONNECT") {
    const auto server = parse_authority(r.target);
    return server && !server->host.empty() && !server->port.empty();
  }
  if (r.target.starts_with('/')) return true;
  if (r.target == "*") return r.method_name == "OPTIONS";
  const auto absolute = parse_absolute(r.target);
  if (absolute) r.host = absolute->server.host;
  return absolute.has_value();
}

// Host must be present and valid, whatever the target is (RFC 9112, section 3.2).
[[nodiscard]] bool check_host(http_request& r) noexcept {
  if (!r.host_field) return r.is_http_10;
  const auto server = parse_authority(*r.host_field);
  if (server && r.host.empty()) r.host = server->host;
  return server.has_value();
}

// Returns 0 for a method that is served, else a status.
[[nodiscard]] int check_method(http_request& r, std::string_view post_path) {
  if (r.method_name == "GET") {
    r.method = http_method::get;
  } else if (r.method_name == "HEAD") {
    r.method = http_method::head;
  } else if (r.method_name == "OPTIONS") {
    r.method = http_method::options;
  } else if (r.method_name == "POST" && !post_path.empty()) {
    const auto path = parse_target(r.target);
    if (!path || path->path != post_path) return 405;
    r.method = http_method::post;
  } else {
    return std::ranges::find(kOtherMethods, r.method_name) != kOtherMethods.end() ? 405 : 501;
  }
  return 0;
}

// "Name: value": no space before the colon, no folded line, no control characters.
[[nodiscard]] bool is_good_field(std::string_view line) noexcept {
  const std::size_t name = span_of(line, char_class::token);
  return name > 0 && name < line.size() && line[name] == ':' && is_text(line.substr(name + 1));
}

// Receives the fields from llhttp and stores them in the request.
struct collector {
  http_request* out;
  const http_limits* limits;
  std::string_view name;
  std::string_view value;
  std::size_t fields = 0;
  int status = 0;

  [[nodiscard]] bool once(std::optional<std::string_view>& field) noexcept {
    if (field) return false;
    field = value;
    return true;
  }
  void first(std::optional<std::string_view>& field) noexcept {
    if (!field) field = value;
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
    value = trim(value);
    if (++fields > limits->fields) status = 431;
    const auto is = [this](std::string_view known) { return equal_ignoring_case(name, known); };
    bool good = true;
    switch (name.size()) {
      case 4:
        if (is("host")) good = once(out->host_field);
        break;
      case 5:
        if (is("range")) good = once(out->range);
        break;
      case 6:
        if (is("expect")) good = list(out->expect);
        break;
      case 7:
        if (is("referer")) first(out->referer);
        break;
      case 8:
        if (is("if-match")) good = list(out->if_match);
        if (is("if-range")) good = once(out->if_range);
        break;
      case 10:
        if (is("connection")) good = list(out->connection);
        if (is("user-agent")) first(out->user_agent);
        break;
      case 12:
        if (is("content-type")) first(out->content_type);
        if (is("git-protocol")) first(out->git_protocol);
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
      case 16:
        if (is("content-encoding")) good = list(out->content_encoding);
        break;
      case 17:
        if (is("if-modified-since")) good = once(out->if_modified_since);
        if (is("transfer-encoding")) good = once(out->transfer_encoding);
        break;
      case 19:
        if (is("if-unmodified-since")) good = once(out->if_unmodified_since);
        break;
      case 20:
        if (is("available-dictionary")) good = list(out->available_dictionary);
        break;
      default: break;
    }
    if (!good && status == 0) status = 400;
    name = value = {};
  }
};

[[nodiscard]] collector& self(llhttp_t* p) noexcept { return *static_cast<collector*>(p->data); }

// Appends a piece that directly follows `text` in memory; otherwise begins a new text.
void extend(std::string_view& text, const char* at, std::size_t n) noexcept {
  text = text.data() != nullptr && text.data() + text.size() == at ? std::string_view(text.data(), text.size() + n)
                                                                   : std::string_view(at, n);
}

int on_field(llhttp_t* p, const char* at, std::size_t n) {
  extend(self(p).name, at, n);
  return 0;
}
int on_value(llhttp_t* p, const char* at, std::size_t n) {
  extend(self(p).value, at, n);
  return 0;
}
int on_value_end(llhttp_t* p) {
  self(p).end_field();
  return 0;
}
int on_end(llhttp_t*) {
  return 1;  // no body is read
}

const llhttp_settings_t& settings() noexcept {
  static const llhttp_settings_t s = [] {
    llhttp_settings_t all;
    llhttp_settings_init(&all);
    all.on_header_field = on_field;
    all.on_header_value = on_value;
    all.on_header_value_complete = on_value_end;
    all.on_headers_complete = on_end;
    return all;
  }();
  return s;
}

// An llhttp parser that has read a request line.
llhttp_t parser_at_fields() noexcept {
  static const llhttp_t p = [] {
    constexpr std::string_view line = "GET / HTTP/1.1\r\n";
    llhttp_t at_line;
    llhttp_init(&at_line, HTTP_REQUEST, &settings());
    (void)llhttp_execute(&at_line, line.data(), line.size());
    return at_line;
  }();
  return p;
}

// Splits the fields, each line of which is valid by itself, and stores them in `out`. Returns a status, or 0.
[[nodiscard]] int split_fields(std::string_view fields, const http_limits& limits, http_request& out) {
  llhttp_t parser = parser_at_fields();
  collector found{&out, &limits, {}, {}};
  parser.data = &found;
  const llhttp_errno_t how = llhttp_execute(&parser, fields.data(), fields.size());
  if (found.status != 0) return found.status;
  return how == HPE_OK || how == HPE_PAUSED_UPGRADE ? 0 : 400;
}

// Whether the end of the request is unambiguous (RFC 9112, section 6): a body has exactly one length.
[[nodiscard]] bool check_framing(const http_request& r) noexcept {
  if (r.transfer_encoding) return !r.content_length && !r.is_http_10 && !r.transfer_encoding->empty();
  return !r.content_length || parse_number(*r.content_length);
}

// Only POST has content. Returns the status to refuse it with, or 0. A client that waits for an answer before it sends
// content gets the final one (RFC 9110, section 10.1.1).
[[nodiscard]] int check_body(http_request& r, const http_limits& limits) noexcept {
  if (r.transfer_encoding) {
    r.chunked = equal_ignoring_case(*r.transfer_encoding, "chunked");
    if (!r.chunked) return 501;
    if (r.method == http_method::post) return 0;
    return r.expect && !r.expect->empty() ? 413 : 0;
  }
  const std::uint64_t most = r.method == http_method::post ? limits.body_bytes : 0;
  return r.content_length && parse_number(*r.content_length) > most ? 413 : 0;
}

// Whether the server meets every expectation of the list, which may be empty (RFC 9110, section 10.1.1).
[[nodiscard]] bool expects_only_what_is_known(std::string_view list) noexcept {
  while (!list.empty()) {
    const std::string_view what = trim(take_until(list, ','));
    if (!what.empty() && !equal_ignoring_case(what, "100-continue")) return false;
  }
  return true;
}

[[nodiscard]] bool has_option(std::string_view list, std::string_view option) noexcept {
  while (!list.empty())
    if (equal_ignoring_case(trim(take_until(list, ',')), option)) return true;
  return false;
}

}  // namespace

head_end find_head_end(std::string_view text, std::size_t seen, const http_limits& limits) noexcept {
  using enum head_end::kind;
  std::size_t at = seen;
  while (at < text.size()) {
    const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
    if (found == nullptr) break;
    const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (end == 0 || text[end - 1] != '\r') return {refused, 0, 400};
    if (end >= 3 && text[end - 2] == '\n') {
      if (end + 1 > limits.header_bytes) break;
      return {whole, end + 1, 0};
    }
    at = end + 1;
  }
  if (text.size() < limits.header_bytes) return {more};
  // 414 if the request line itself is too long, in how many pieces ever it came.
  return {refused, 0, text.substr(0, limits.target_bytes + 64).find('\n') == std::string_view::npos ? 414 : 431};
}

head_end find_empty_body(std::string_view text) noexcept {
  using enum head_end::kind;
  constexpr std::size_t longest_line = 256;
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, line_end);
  const std::size_t zeros = std::min(line.find_first_not_of('0'), line.size());
  if (zeros < line.size() && hex_value(line[zeros]) >= 0) return {refused, 0, 413};
  if (line.size() > longest_line) return {refused, 0, 400};
  if (line_end == text.size()) return {more};
  // A chunk extension may follow the zeros: "0;a=b".
  const std::string_view extension = trim(line.substr(zeros, line.size() - zeros - (line.ends_with('\r') ? 1 : 0)));
  if (zeros == 0 || !line.ends_with('\r') || !is_text(extension)) return {refused, 0, 400};
  if (!extension.empty() && extension[0] != ';') return {refused, 0, 400};
  const std::string_view rest = text.substr(line_end + 1);
  if (rest.starts_with("\r\n")) return {whole, line_end + 3, 0};
  if (rest.empty() || rest == "\r") return {more};
  return {refused, 0, 413};  // trailers
}

bool expects_continue(const http_request& r) noexcept { return !r.is_http_10 && r.expect && !trim(*r.expect).empty(); }

int parse_head(std::string_view head, const http_limits& limits, std::string_view post_path, bool of_stream,
               http_request& out) {
  out = {};
  std::string_view lines = head.substr(0, head.size() - 2);
  const auto take_line = [&lines] {
    const std::string_view line = take_until(lines, '\n');
    return line.substr(0, line.size() - 1);  // without its CR, which find_head_end() has checked
  };
  const std::string_view request_line = take_line();
  if (const int status = check_request_line(request_line, limits, of_stream, out); status != 0) return status;
  while (!lines.empty())
    if (!is_good_field(take_line())) return 400;

  if (const int status = split_fields(head.substr(request_line.size() + 2), limits, out); status != 0) return status;
  if (!check_target(out) || !check_host(out) || !check_framing(out)) return 400;
  int status = check_method(out, post_path);
  if (status == 0) status = check_body(out, limits);
  if (status == 0 && out.expect && !expects_only_what_is_known(*out.expect)) status = 417;
  if (status != 0) {
    const bool has_path = out.method_name != "CONNECT" && out.target != "*";
    return has_path && !parse_target(out.target) ? 400 : status;
  }
  const std::string_view options = out.connection.value_or(std::string_view());
  out.keep_alive =
      !of_stream && !has_option(options, "close") && (!out.is_http_10 || has_option(options, "keep-alive"));
  return 0;
}

}  // namespace docteur::cache_vm
