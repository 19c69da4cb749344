// The syntax is that of git's configuration files (`git help config`, "Syntax"); what is demanded of names, paths and
// URLs is submodule-config.c's and fsck.c's.

#include <algorithm>
#include <optional>
#include <string>

#include "object/bytes.hpp"
#include "verify/fsck_messages.hpp"

namespace docteur {
namespace {

constexpr const char* kParse = "gitmodulesParse";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_key(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }
bool is_slash(char c) { return c == '/' || c == '\\'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool has_dot_dot(std::string_view name) {
  for (std::size_t at = 0;; ++at) {
    const std::size_t end = std::min(name.find_first_of("/\\", at), name.size());
    if (name.substr(at, end - at) == "..") return true;
    if (end == name.size()) return false;
    at = end;
  }
}

// "../../:x", "..//x": climbs out of a URL into its host.
bool climbs_into_host(std::string_view url) {
  bool climbed = false;
  for (;;) {
    const std::size_t dots = url.starts_with("..") ? 2 : url.starts_with('.') ? 1 : 0;
    if (dots == 0 || url.size() <= dots || !is_slash(url[dots])) break;
    climbed |= dots == 2;
    url.remove_prefix(dots + 1);
  }
  return climbed && !url.empty() && (url.front() == ':' || is_slash(url.front()));
}

bool has_host(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return false;
  url.remove_prefix(scheme + 3);
  const std::string_view place = url.substr(0, url.find_first_of("/?#"));
  return !place.ends_with('@') && !place.empty();
}

bool is_bad_url(std::string_view url) {
  if (url.starts_with('-') || climbs_into_host(url)) return true;
  for (std::size_t i = 0; i < url.size(); ++i)
    if (static_cast<unsigned char>(url[i]) < ' ' || (url.substr(i).starts_with("%0") && i + 2 < url.size() &&
                                                     (lower(url[i + 2]) == 'a' || lower(url[i + 2]) == 'd')))
      return true;
  for (const std::string_view scheme : {"http", "https", "ftp", "ftps"}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    if (rest.starts_with("::")) return !has_host(rest.substr(2));
    if (rest.starts_with("://")) return !has_host(url);
  }
  return false;
}

// `submodule`: the part between "submodule." and the key.
const char* message_of_setting(std::string_view submodule, std::string_view key, std::string_view value) {
  if (submodule.empty() || has_dot_dot(submodule)) return "gitmodulesName";
  if (key == "url" && is_bad_url(value)) return "gitmodulesUrl";
  if (key == "path" && value.starts_with('-')) return "gitmodulesPath";
  if (key == "update" && value.starts_with('!')) return "gitmodulesUpdate";
  return nullptr;
}

class reader {
 public:
  explicit reader(std::string text) : text_(std::move(text)) {}

  const char* run() {
    while (!done()) {
      const char c = take();
      if (is_space(c)) continue;
      if (c == '#' || c == ';') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '[') {
        if (!take_section()) return kParse;
      } else if (!is_letter(c)) {
        return kParse;
      } else if (const char* m = take_setting(c)) {
        return m;
      }
    }
    return nullptr;
  }

 private:
  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  // The end counts as the end of a line.
  char take() { return done() ? '\n' : text_[at_++]; }

  bool take_section() {
    section_.clear();
    for (char c = take(); c != ']'; c = take()) {
      if (c == ' ' || c == '\t') return take_subsection();
      if (!is_key(c) && c != '.') return false;
      section_ += lower(c);
    }
    return true;
  }
  bool take_subsection() {
    char c = take();
    while (c == ' ' || c == '\t') c = take();
    if (c != '"') return false;
    section_ += '.';
    for (c = take(); c != '"'; c = take()) {
      if (c == '\\') c = take();
      if (c == '\n') return false;
      section_ += c;
    }
    return take() == ']';
  }

  const char* take_setting(char first) {
    std::string key(1, lower(first));
    char c = take();
    for (; is_key(c); c = take()) key += lower(c);
    while (c == ' ' || c == '\t') c = take();
    std::optional<std::string> value;
    if (c == '=') {
      value = take_value();
      if (!value) return kParse;
    } else if (c != '\n') {
      return kParse;
    }
    constexpr std::string_view kSubmodule = "submodule.";
    if (!value || !section_.starts_with(kSubmodule)) return nullptr;
    return message_of_setting(std::string_view(section_).substr(kSubmodule.size()), key, *value);
  }
  std::optional<std::string> take_value() {
    std::string value, blanks;
    bool quoted = false;
    for (char c = take(); c != '\n'; c = take()) {
      if (!quoted && is_space(c)) {
        if (!value.empty()) blanks += c;
        continue;
      }
      if (!quoted && (c == '#' || c == ';')) {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      value += std::exchange(blanks, {});
      if (c == '"') {
        quoted = !quoted;
      } else if (c != '\\') {
        value += c;
      } else if (!take_escaped(value)) {
        return std::nullopt;
      }
    }
    return quoted ? std::nullopt : std::optional(value);
  }
  bool take_escaped(std::string& value) {
    switch (const char c = take()) {
      case '\n': return !done();
      case 't': value += '\t'; return true;
      case 'b': value += '\b'; return true;
      case 'n': value += '\n'; return true;
      case '\\':
      case '"': value += c; return true;
      default: return false;
    }
  }

  std::string text_;
  std::size_t at_ = 0;
  std::string section_;  // "submodule.NAME"
};

}  // namespace

const char* fsck_message_of_gitmodules(std::string_view content) {
  constexpr std::size_t kMostBytes = std::size_t{100} << 20;
  if (content.size() > kMostBytes) return "gitmodulesLarge";
  if (content.find('\0') != std::string_view::npos) return kParse;
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  std::string text;
  for (std::size_t i = 0; i < content.size(); ++i)
    if (content[i] != '\r' || i + 1 == content.size() || content[i + 1] != '\n') text += content[i];
  return reader(std::move(text)).run();
}

}  // namespace docteur
