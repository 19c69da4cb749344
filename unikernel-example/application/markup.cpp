#include "unikernel-example/application/markup.hpp"

#include <array>
#include <cstddef>
#include <cstdio>

namespace docteur::cache_vm {
namespace {

// Bytes of the character at the front of `text` (not empty), 0 when it is no good UTF-8 (RFC 3629: no overlong forms,
// no surrogates, nothing above U+10FFFF).
std::size_t character_size(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const unsigned second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f))
    return 0;
  return size;
}

// `replace` appends what an ASCII character becomes, or says that it stays.
template <class Replace>
std::string converted(std::string_view text, std::string_view bad, Replace replace) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = character_size(text);
    if (n == 0) {
      out += bad;
    } else if (n > 1 || !replace(text[0], out)) {
      out += text.substr(0, n);
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

std::string html_text(std::string_view text) {
  return converted(text, kReplacement, [](char c, std::string& out) {
    switch (c) {
      case '&': out += "&amp;"; return true;
      case '<': out += "&lt;"; return true;
      case '>': out += "&gt;"; return true;
      case '"': out += "&quot;"; return true;
      case '\'': out += "&#39;"; return true;
      default:
        if (c != 0x7f && (c >= 0x20 || c == '\n' || c == '\t')) return false;
        out += kReplacement;
        return true;
    }
  });
}

std::string json_text(std::string_view text) {
  return '"' +
         converted(text, kReplacement,
                   [](char c, std::string& out) {
                     if (c == '"' || c == '\\') {
                       out += '\\';
                       out += c;
                       return true;
                     }
                     if (c >= 0x20) return false;
                     std::array<char, 8> code;
                     std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
                     out += code.data();
                     return true;
                   }) +
         '"';
}

std::string terminal_text(std::string_view text) {
  return converted(text, "?", [](char c, std::string& out) {
    if (c != 0x7f && (c >= 0x20 || c == '\n' || c == '\t')) return false;
    out += '?';
    return true;
  });
}

}  // namespace docteur::cache_vm
