#include "unikernel-example/application/text_signs.hpp"

#include <algorithm>
#include <string_view>

#include "object/utf8.hpp"
#include "unikernel-example/application/http_text.hpp"

namespace docteur::cache_vm {
namespace {

constexpr std::size_t kLongestCharacter = 4;  // bytes of UTF-8

bool begins_with_mark(std::string_view text) noexcept {
  for (const std::string_view mark : {"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"})
    if (text.starts_with(mark)) return true;
  return false;
}

// Whether `text` is UTF-8 without NUL. `may_be_cut`: its last character may be incomplete.
bool is_utf8(std::string_view text, bool may_be_cut) noexcept {
  for (;;) {
    text.remove_prefix(span_of(text, char_class::ascii));
    if (text.empty()) return true;
    const std::size_t n = first_character(text).size;
    if (text[0] == '\0') return false;
    if (n == 0) {
      const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
      return may_be_cut && text.size() < kLongestCharacter && static_cast<unsigned char>(text[0]) >= 0xc2 &&
             std::ranges::all_of(text.substr(1), is_continuation);
    }
    text.remove_prefix(n);
  }
}

// The position of `word`, which is in lower case, in `text`, ignoring case; npos when it is absent.
std::size_t find_word(std::string_view text, std::string_view word) noexcept {
  const auto* const found =
      std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) { return lower(a) == b; });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

bool has_meta_charset(std::string_view text) noexcept {
  constexpr std::string_view meta = "<meta";
  for (;;) {
    const std::size_t at = find_word(text, meta);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + meta.size());
    if (find_word(text.substr(0, text.find('>')), "charset") != std::string_view::npos) return true;
  }
}

}  // namespace

text_signs look_for_signs(bytes front) noexcept {
  const std::string_view text = as_text(front.first(std::min(front.size(), kSignsFront)));
  text_signs s;
  s.looked = true;
  s.foreign = begins_with_mark(text) || !is_utf8(text, text.size() == kSignsFront);
  s.html = has_meta_charset(text);
  s.xml = text.starts_with("<?xml") && find_word(text.substr(0, text.find("?>")), "encoding") != std::string_view::npos;
  s.css = text.starts_with("@charset \"");
  return s;
}

}  // namespace docteur::cache_vm
