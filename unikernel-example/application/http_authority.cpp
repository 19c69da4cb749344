#include "unikernel-example/application/http_authority.hpp"

#include <algorithm>

#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

// Four numbers up to 255 without leading zeros.
bool is_ipv4(std::string_view text) noexcept {
  if (text.empty() || text.back() == '.') return false;
  int numbers = 0;
  for (; !text.empty(); ++numbers) {
    const std::string_view part = take_until(text, '.');
    const auto n = parse_number(part);
    if (!n || *n > 255 || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return false;
  }
  return numbers == 4;
}

// Counts groups of up to four hex digits, separated by colons; negative when `text` has another form. An IPv4 address
// counts as two and is allowed as the last group if `may_end_in_ipv4`.
int count_groups(std::string_view text, bool may_end_in_ipv4) noexcept {
  if (text.empty()) return 0;
  if (text.back() == ':') return -1;
  int groups = 0;
  while (!text.empty()) {
    const std::string_view group = take_until(text, ':');
    if (text.empty() && may_end_in_ipv4 && is_ipv4(group)) return groups + 2;
    if (group.empty() || group.size() > 4) return -1;
    if (!std::ranges::all_of(group, [](char c) { return hex_value(c) >= 0; })) return -1;
    ++groups;
  }
  return groups;
}

// RFC 4291, section 2.2.
bool is_ipv6(std::string_view text) noexcept {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const int before = count_groups(text.substr(0, gap), false);
  const int behind = count_groups(text.substr(gap + 2), true);
  return before >= 0 && behind >= 0 && before + behind < 8;
}

// IPvFuture, "v1.x"; none is defined yet.
bool is_future_literal(std::string_view text) noexcept {
  if (text.size() < 4 || lower(text[0]) != 'v') return false;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 1 || dot + 1 == text.size()) return false;
  if (!std::ranges::all_of(text.substr(1, dot - 1), [](char c) { return hex_value(c) >= 0; })) return false;
  return std::ranges::all_of(text.substr(dot + 1), [](char c) {
    return c == ':' || is_all({&c, 1}, char_class::name);
  });
}

// Number of characters at the front of `text` that may be a registered name.
std::size_t name_size(std::string_view text) noexcept {
  std::size_t n = span_of(text, char_class::name);
  while (n + 2 < text.size() && text[n] == '%' && hex_value(text[n + 1]) >= 0 && hex_value(text[n + 2]) >= 0) {
    n += 3;
    n += span_of(text.substr(n), char_class::name);
  }
  return n;
}

}  // namespace

std::optional<authority> parse_authority(std::string_view text) noexcept {
  std::size_t host = 0;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view literal = text.substr(1, end - 1);
    if (!is_ipv6(literal) && !is_future_literal(literal)) return std::nullopt;
    host = end + 1;
  } else {
    host = name_size(text);
  }
  authority out{text.substr(0, host), {}};
  if (host == text.size()) return out;
  if (host == 0 || text[host] != ':') return std::nullopt;
  out.port = text.substr(host + 1);
  if (out.port.empty()) return out;
  const auto port = parse_number(out.port);
  if (!port || *port > 65535) return std::nullopt;
  return out;
}

bool is_address(std::string_view host) noexcept { return is_ipv4(host) || host.starts_with('['); }

}  // namespace docteur::cache_vm
