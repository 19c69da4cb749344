#include "unikernel-example/platform/linux/http2_head.hpp"

#include <algorithm>
#include <array>

namespace docteur::cache_vm::on_linux {
namespace {

constexpr std::array<std::string_view, 5> kOfConnection{"connection", "keep-alive", "proxy-connection",
                                                        "transfer-encoding", "upgrade"};

[[nodiscard]] bool is_of_connection(std::string_view name) noexcept {
  return std::ranges::find(kOfConnection, name) != kOfConnection.end();
}

// Bytes that would end a line, or a word of the request line.
[[nodiscard]] bool is_line(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}
[[nodiscard]] bool is_word(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' || c < '\0'; });
}
[[nodiscard]] bool is_name(std::string_view text) noexcept {
  return is_word(text) && std::ranges::none_of(text, [](char c) { return c == ':' || (c >= 'A' && c <= 'Z'); });
}

// Without spaces and tabs at either end, which text could not keep.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool request_fields::add(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + 4;
  if (size_ > kMost || !is_line(value)) return false;
  const auto once = [value](std::string& part) {
    if (!part.empty() || !is_word(value)) return false;
    part = value;
    return true;
  };
  if (name == ":method") return once(method_);
  if (name == ":path") return once(target_);
  if (name == ":authority") return once(authority_);
  if (name.starts_with(':')) return name == ":scheme";
  if (!is_name(name) || is_of_connection(name)) return false;
  // One that differs from :authority is not obeyed (RFC 9113, section 8.3.1).
  if (name == "host") return once(host_);
  if (name == "content-length") has_length_ = true;
  fields_.append(name).append(": ").append(trimmed(value)).append("\r\n");
  return true;
}

std::optional<std::string> request_fields::text(bool has_content) const {
  const std::string& target = method_ == "CONNECT" ? authority_ : target_;
  if (method_.empty() || target.empty()) return std::nullopt;
  std::string out = method_ + " " + target + " HTTP/2.0\r\n";
  const std::string& server = authority_.empty() ? host_ : authority_;
  if (!server.empty()) out.append("host: ").append(server).append("\r\n");
  out.append(fields_);
  if (has_content && is_chunked()) out.append("transfer-encoding: chunked\r\n");
  return out.append("\r\n");
}

std::size_t response_head_size(std::string_view text) noexcept {
  constexpr std::string_view end = "\r\n\r\n";
  const std::size_t at = text.find(end);
  return at == std::string_view::npos ? 0 : at + end.size();
}

response_head parse_response_head(std::string& text) {
  response_head out;
  constexpr std::size_t version = std::string_view("HTTP/1.1 ").size();
  out.status = std::string_view(text).substr(std::min(version, text.size()), 3);
  std::size_t at = text.find('\n') + 1;
  for (std::size_t end = text.find('\r', at); end != std::string::npos && end > at; end = text.find('\r', at)) {
    const std::size_t colon = std::min(text.find(':', at), end);
    std::transform(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(colon),
                   text.begin() + static_cast<std::ptrdiff_t>(at),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const std::string_view line = std::string_view(text).substr(at, end - at);
    const std::string_view name = line.substr(0, colon - at);
    if (!is_of_connection(name))
      out.fields.push_back({name, trimmed(line.substr(std::min(line.size(), colon - at + 1)))});
    at = end + 2;
  }
  return out;
}

}  // namespace docteur::cache_vm::on_linux
