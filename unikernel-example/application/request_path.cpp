#include "unikernel-example/application/request_path.hpp"

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

// Without scheme and authority: "http://host/a" -> "/a".
std::optional<std::string_view> without_authority(std::string_view target) noexcept {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = target.find_first_of("/?");
    const std::string_view authority = target.substr(0, end);
    // Without userinfo: it is an error in a request (RFC 9110, section 4.2.4).
    if (authority.empty() || !is_all(authority, char_class::host)) return std::nullopt;
    return end == std::string_view::npos ? std::string_view("/") : target.substr(end);
  }
  return std::nullopt;
}

// Appends the decoded segment; false when it is one that is refused.
bool append_segment(std::string& to, std::string_view segment) {
  const std::size_t start = to.size();
  for (;;) {
    const std::size_t plain = segment.find('%');
    to += segment.substr(0, plain);
    if (plain == std::string_view::npos) break;
    segment.remove_prefix(plain + 1);
    if (segment.size() < 2) return false;
    const int high = hex_value(segment[0]);
    const int low = hex_value(segment[1]);
    if (high < 0 || low < 0) return false;
    const char c = static_cast<char>(high * 16 + low);
    if (c == '\0' || c == '/') return false;
    to += c;
    segment.remove_prefix(2);
  }
  const std::string_view name = std::string_view(to).substr(start);
  return name != "." && name != "..";
}

}  // namespace

bool is_target_form(std::string_view target) noexcept {
  return target.starts_with('/') || target == "*" || without_authority(target);
}

std::optional<request_path> parse_target(std::string_view target) {
  if (target.empty()) return std::nullopt;
  if (target[0] != '/') {
    const auto origin = without_authority(target);
    if (!origin) return std::nullopt;
    target = *origin;
  }
  const std::size_t question = target.find('?');
  std::string_view rest = target.substr(0, question);
  request_path out{{}, rest.empty() || rest.back() == '/', {}};
  if (question != std::string_view::npos) out.query = target.substr(question);
  out.path.reserve(rest.size());
  while (!rest.empty()) {
    const std::string_view segment = take_until(rest, '/');
    if (segment.empty()) continue;
    if (!out.path.empty()) out.path += '/';
    if (!append_segment(out.path, segment)) return std::nullopt;
  }
  return out;
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' ||
                       c == '_' || c == '~' || c == '/';
    if (plain) {
      out += c;
    } else {
      const auto b = static_cast<unsigned char>(c);
      out += '%';
      out += digits[b >> 4];
      out += digits[b & 15];
    }
  }
  return out;
}

}  // namespace docteur::cache_vm
