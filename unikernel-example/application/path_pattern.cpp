#include "unikernel-example/application/path_pattern.hpp"

#include <algorithm>

#include "unikernel-example/application/http_text.hpp"
#include "unikernel-example/application/request_path.hpp"

namespace docteur::cache_vm {
namespace {

[[nodiscard]] bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

constexpr const char* kBadEncoding = "malformed percent-encoding";

}  // namespace

bool captures::add(std::string_view name, std::string_view value) noexcept {
  if (size_ == all_.size() || find(name)) return false;
  all_[size_++] = {name, value};
  return true;
}

std::optional<std::string_view> captures::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < size_; ++i)
    if (all_[i].name == name) return all_[i].value;
  return std::nullopt;
}

std::size_t reference_size(std::string_view text) noexcept {
  if (text.size() < 2 || text[0] != ':' || !is_letter(text[1])) return 0;
  std::size_t n = 2;
  while (n < text.size() && (is_letter(text[n]) || (text[n] >= '0' && text[n] <= '9') || text[n] == '_')) ++n;
  return n;
}

bool expand(std::string_view text, const captures& found, std::size_t most, std::string& out) {
  while (!text.empty()) {
    if (const std::size_t n = reference_size(text); n > 0) {
      if (const auto value = found.find(text.substr(1, n - 1))) {
        out += encode_path(*value);
      } else {
        out += text.substr(0, n);
      }
      text.remove_prefix(n);
    } else {
      const std::size_t plain = std::min(text.find(':', 1), text.size());
      out += text.substr(0, plain);
      text.remove_prefix(plain);
    }
    if (out.size() > most) return false;
  }
  return true;
}

const char* path_pattern::parse(std::string_view text) {
  if (!text.starts_with('/')) {
    const auto absolute = parse_absolute(text);
    if (!absolute) return "a path begins with / or with a host, as in https://example.org/";
    if (absolute->server.host.find_first_of(":*") != std::string_view::npos && absolute->server.host[0] != '[')
      return "placeholders in a host are not supported";
    for (const char c : absolute->server.host) host_ += lower(c);
    text = absolute->rest;
  }
  while (!text.empty()) {
    const std::string_view part = take_until(text, '/');
    if (part.empty()) continue;
    if (const char* wrong = part.find('*') == std::string_view::npos ? add(part) : add_splat(part)) return wrong;
  }
  std::size_t named = has_splat_ ? 1 : 0;
  for (const auto* list : {&front_, &back_})
    for (const segment& s : *list) named += s.name.empty() ? 0 : 1;
  if (named > captures::kMost) return "too many placeholders";
  if (!is_literal()) return nullptr;
  for (const segment& s : front_) literal_ += (literal_.empty() ? "" : "/") + s.before;
  return nullptr;
}

const char* path_pattern::add(std::string_view text) {
  segment s;
  std::size_t at = 0;
  while (at < text.size() && reference_size(text.substr(at)) == 0) ++at;
  const std::size_t name = reference_size(text.substr(at));
  if (!decode_percent(text.substr(0, at), s.before)) return kBadEncoding;
  if (name > 0) {
    const std::string_view behind = text.substr(at + name);
    for (std::size_t i = 0; i < behind.size(); ++i)
      if (reference_size(behind.substr(i)) > 0) return "two placeholders between slashes are not supported";
    if (!decode_percent(behind, s.behind)) return kBadEncoding;
    s.name = text.substr(at + 1, name - 1);
    if (s.name == "splat") return "a placeholder cannot be called splat";
    for (const auto* list : {&front_, &back_})
      for (const segment& other : *list)
        if (other.name == s.name) return "two placeholders of one name";
    is_plain_ = false;
  } else if (s.before == "." || s.before == "..") {
    return "segments . and .. match nothing";
  }
  (has_splat_ ? back_ : front_).push_back(std::move(s));
  return nullptr;
}

const char* path_pattern::add_splat(std::string_view text) {
  if (has_splat_ || std::ranges::count(text, '*') > 1) return "more than one *";
  for (std::size_t i = 0; i < text.size(); ++i)
    if (reference_size(text.substr(i)) > 0) return "* and a placeholder between the same slashes are not supported";
  const std::string_view before = take_until(text, '*');
  if (!decode_percent(before, before_splat_) || !decode_percent(text, behind_splat_)) return kBadEncoding;
  has_splat_ = true;
  return nullptr;
}

bool path_pattern::take(const segment& s, std::string_view text, captures& found) noexcept {
  if (s.name.empty()) return text == s.before;
  if (text.size() <= s.before.size() + s.behind.size() || !text.starts_with(s.before) || !text.ends_with(s.behind))
    return false;
  text.remove_prefix(s.before.size());
  text.remove_suffix(s.behind.size());
  return found.add(s.name, text);
}

bool path_pattern::matches_host(std::string_view host) const noexcept {
  return host_.empty() || equal_ignoring_case(host_, host);
}

bool path_pattern::matches(std::string_view host, std::string_view path, captures& found) const noexcept {
  if (!matches_host(host)) return false;
  if (is_literal()) return path == literal_;
  const std::size_t before = found.size();
  const auto failed = [&] {
    found.cut(before);
    return false;
  };
  bool is_over = path.empty();  // also the slash before what is left
  for (const segment& s : front_) {
    if (is_over) return failed();
    const std::size_t slash = path.find('/');
    if (!take(s, path.substr(0, slash), found)) return failed();
    is_over = slash == std::string_view::npos;
    path.remove_prefix(is_over ? path.size() : slash + 1);
  }
  if (!has_splat_) return is_over || failed();
  for (auto s = back_.rbegin(); s != back_.rend(); ++s) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || !take(*s, path.substr(slash + 1), found)) return failed();
    path = path.substr(0, slash);
  }
  if (path.size() < before_splat_.size() + behind_splat_.size() || !path.starts_with(before_splat_) ||
      !path.ends_with(behind_splat_))
    return failed();
  path.remove_prefix(before_splat_.size());
  path.remove_suffix(behind_splat_.size());
  return found.add("splat", path) || failed();
}

}  // namespace docteur::cache_vm
