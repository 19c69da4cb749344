#include "base/printable.hpp"

#include <algorithm>

#include "object/utf8.hpp"

namespace docteur {
namespace {

std::string in_one_line(std::string_view text, bool backslash) {
  // Nearly all names are ASCII without anything to escape.
  const auto stays = [backslash](char c) { return c >= 0x20 && c < 0x7f && (c != '\\' || !backslash); };
  if (std::ranges::all_of(text, stays)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = text.find_first_of(backslash ? "\n\t\\" : "\n\t");
    append_escaped(out, text.substr(0, plain), {});
    if (plain == std::string_view::npos) break;
    out += text[plain] == '\n' ? "\\n" : text[plain] == '\t' ? "\\t" : "\\\\";
    text.remove_prefix(plain + 1);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view name) { return in_one_line(name, true); }

std::string printable_line(std::string_view text) { return in_one_line(text, false); }

std::string printable_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text, "\n\t");
  return out;
}

}  // namespace docteur
