#include "unikernel-example/application/available_dictionary.hpp"

#include <algorithm>
#include <cstddef>

#include "base/base64.hpp"
#include "object/bytes.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kDigits = 44;                // of base64 for so many bytes, with one '='
constexpr std::size_t kMostTarget = 512;           // bytes: a longer path is worth no dictionary's field
constexpr std::string_view kSpecial = "{}()*+?:";  // in a pattern (WHATWG URL Pattern), besides the backslash

// `path` in a pattern, in a quoted string (RFC 9651, section 3.3.3).
[[nodiscard]] std::string quoted_pattern(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == '\\') {
      text += "\\\\\\\\";  // a pattern's escape and its character, each escaped in the string
    } else if (c == '"') {
      text += "\\\"";
    } else if (kSpecial.find(c) != std::string_view::npos) {
      text.append("\\\\") += c;
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::optional<oid> parse_available_dictionary(std::string_view value) {
  if (value.size() != 1 + kDigits + 1 || !value.starts_with(':') || !value.ends_with(":")) return std::nullopt;
  const auto raw = base64_decoded(value.substr(1, kDigits));
  if (!raw || raw->size() != kHashBytes) return std::nullopt;
  return oid::from(as_bytes(*raw).data(), hash_kind::sha256);
}

std::string use_as_dictionary(std::string_view target, sibling_paths where, bool has_version) {
  std::string_view path = target.substr(0, target.find('?'));
  // A second slash would make the pattern one of another host.
  if (path.size() > kMostTarget || !path.starts_with('/') || path.starts_with("//") || !is_all(path, char_class::ascii))
    return {};
  if (has_version) path.remove_prefix(std::min(path.find('/', 1), path.size()));
  if (has_version && path.empty()) return {};
  const std::string_view front = where == sibling_paths::named ? "/:version" : "{/@:version}?";
  return "match=\"" + std::string(front) + quoted_pattern(path) + '"';
}

}  // namespace docteur::cache_vm
