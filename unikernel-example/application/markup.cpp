#include "unikernel-example/application/markup.hpp"

#include <array>
#include <cstddef>
#include <cstdio>

#include "object/utf8.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// `replace` appends the replacement of an ASCII character and returns true, or returns false if the character stays.
template <class Replace>
std::string converted(std::string_view text, Replace replace) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = first_character(text).size;
    if (n == 0) {
      out += kReplacement;
    } else if (n > 1 || !replace(text[0], out)) {
      out += text.substr(0, n);
    }
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

}  // namespace

std::string html_text(std::string_view text) {
  return converted(text, [](char c, std::string& out) {
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
         converted(text,
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
  std::string out;
  append_escaped(out, text, "\n\t");
  return out;
}

std::string terminal_line(std::string_view text) {
  std::string out;
  append_escaped(out, text, {});
  return out;
}

}  // namespace docteur::cache_vm
