#include "unikernel-example/application/request_path.hpp"

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

[[nodiscard]] bool is_dots(std::string_view name) noexcept { return name == "." || name == ".."; }

// Appends the names in a decoded segment, of which an encoded '/' may make several; false when one is refused.
bool append_names(std::string& path, std::string_view segment) {
  while (!segment.empty()) {
    const std::string_view name = take_until(segment, '/');
    if (name.empty()) continue;
    if (is_dots(name)) return false;
    if (!path.empty()) path += '/';
    path += name;
  }
  return true;
}

// Appends the decoded segments of `text`, without dot segments; false when one is refused.
bool append(std::string& path, std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    std::string_view segment = take_until(text, '/');
    if (segment.find('%') != std::string_view::npos) {
      if (!decode_percent(segment, decoded)) return false;
      segment = decoded;
    }
    if (segment == ".") continue;
    if (segment == "..") {
      if (path.empty()) return false;
      const std::size_t parent = path.rfind('/');
      path.resize(parent == std::string::npos ? 0 : parent);
    } else if (!append_names(path, segment)) {
      return false;
    }
  }
  return true;
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto b = static_cast<unsigned char>(c);
  out += '%';
  out += digits[b >> 4];
  out += digits[b & 15];
}

// Whether `text` ends in '/', encoded or not.
bool ends_in_slash(std::string_view text) noexcept {
  return text.ends_with('/') || text.ends_with("%2F") || text.ends_with("%2f");
}

// Whether a segment as it was sent is a dot segment.
bool is_dot_segment(std::string_view segment) {
  if (segment.size() > std::string_view("%2e%2e").size()) return false;
  std::string decoded;
  return decode_percent(segment, decoded) && is_dots(decoded);
}

}  // namespace

bool decode_percent(std::string_view text, std::string& out) {
  out.clear();
  for (;;) {
    const std::size_t plain = text.find('%');
    out += text.substr(0, plain);
    if (plain == std::string_view::npos) return true;
    text.remove_prefix(plain + 1);
    if (text.size() < 2) return false;
    const int high = hex_value(text[0]);
    const int low = hex_value(text[1]);
    if (high < 0 || low < 0 || high + low == 0) return false;
    out += static_cast<char>(high * 16 + low);
    text.remove_prefix(2);
  }
}

std::optional<absolute_target> parse_absolute(std::string_view target) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    const auto server = parse_authority(target.substr(0, end));
    if (!server || server->host.empty()) return std::nullopt;
    return absolute_target{*server, target.substr(end)};
  }
  return std::nullopt;
}

std::optional<request_path> parse_target(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto absolute = parse_absolute(target);
    if (!absolute) return std::nullopt;
    target = absolute->rest;
  }
  const std::size_t question = target.find('?');
  const std::string_view text = target.substr(0, question);
  request_path out{{}, 0, text.empty() || ends_in_slash(text), {}};
  if (question != std::string_view::npos) out.query = target.substr(question);
  out.path.reserve(text.size());
  std::size_t last = text.rfind('/') + 1;  // 0 when there is none
  if (is_dot_segment(text.substr(last))) {
    out.is_directory = true;
    last = text.size();
  }
  if (!append(out.path, text.substr(0, last))) return std::nullopt;
  const std::size_t front = out.path.size();
  if (!append(out.path, text.substr(last))) return std::nullopt;
  out.last = front + (front > 0 && out.path.size() > front ? 1 : 0);
  return out;
}

std::string encode_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' ||
                       c == '_' || c == '~' || c == '/';
    if (plain) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::string encode_query(std::string_view query) {
  std::string out;
  out.reserve(query.size());
  for (const char c : query) {
    if (c > 0x20 && c < 0x7f) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

}  // namespace docteur::cache_vm
