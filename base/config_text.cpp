#include "base/config_text.hpp"

#include <algorithm>

#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_key(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }
// git's isspace(), which does not include \v and \f.
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class config_parser {
 public:
  config_parser(std::string_view text, config_origin from, const std::function<void(config_entry)>& visit)
      : text_(text), from_(from), visit_(visit) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  outcome<void> run() {
    while (at_ < text_.size()) {
      const char c = next();
      if (is_space(c)) continue;
      if (c == '#' || c == ';') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '[') {
        DOCTEUR_CHECK(take_section());
        section_ += '.';
      } else if (is_letter(c)) {
        DOCTEUR_CHECK(take_entry(c));
      } else {
        return refuse();
      }
    }
    return {};
  }

 private:
  // Returns a newline at the end of the text even if there is none, and for CR LF.
  char next() {
    if (at_ == text_.size()) return '\n';
    char c = text_[at_++];
    if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  // What follows '['.
  outcome<void> take_section() {
    section_.clear();
    for (;;) {
      const char c = next();
      if (c == ']' && !section_.empty()) return {};
      if (c != '\n' && is_space(c)) return take_subsection();
      if (!is_key(c) && c != '.') return refuse();
      section_ += lower(c);
    }
  }

  outcome<void> take_subsection() {
    char c = next();
    while (c != '\n' && is_space(c)) c = next();
    if (c != '"') return refuse();
    section_ += '.';
    for (c = next(); c != '"'; c = next()) {
      if (c == '\\') c = next();
      if (c == '\n') return refuse();
      section_ += c;
    }
    if (next() != ']') return refuse();
    return {};
  }

  outcome<void> take_entry(char c) {
    config_entry entry{section_, std::nullopt};
    for (; is_key(c); c = next()) entry.name += lower(c);
    while (c == ' ' || c == '\t') c = next();
    if (c == '=') {
      DOCTEUR_TRY(value, take_value());
      entry.value = std::move(value);
    } else if (c != '\n') {
      return refuse();
    }
    visit_(std::move(entry));
    return {};
  }

  outcome<std::string> take_value() {
    std::string value;
    std::size_t kept = 0;  // bytes of `value`; white space after them is dropped at the end of the line
    bool quoted = false;
    for (;;) {
      char c = next();
      if (c == '\n') break;
      if (is_space(c) && !quoted) {
        if (!value.empty()) value += c;
        continue;
      }
      if ((c == '#' || c == ';') && !quoted) {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '\\') {
        c = next();
        if (c == '\n' && from_ == config_origin::blob && at_ == text_.size()) return refuse();
        if (c == '\n') continue;
        DOCTEUR_TRY(meant, escaped(c));
        value += meant;
      } else {
        value += c;
      }
      kept = value.size();
    }
    if (quoted) return refuse();
    value.resize(kept);
    return value;
  }

  outcome<char> escaped(char c) const {
    switch (c) {
      case 't': return '\t';
      case 'b': return '\b';
      case 'n': return '\n';
      case '\\':
      case '"': return c;
      default: return refuse();
    }
  }

  // A newline that was read has been counted already.
  [[nodiscard]] tl::unexpected<failure> refuse() const {
    const std::size_t line = line_ - (at_ > 0 && text_[at_ - 1] == '\n' ? 1 : 0);
    return give_up(blame::input, "line " + std::to_string(line) + " is not well-formed");
  }

  std::string_view text_;
  config_origin from_;
  const std::function<void(config_entry)>& visit_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::string section_;  // with its dot; empty before the first
};

}  // namespace

outcome<void> visit_config(std::string_view text, config_origin from, const std::function<void(config_entry)>& visit) {
  return config_parser(text, from, visit).run();
}

outcome<std::vector<config_entry>> parse_config(std::string_view text) {
  std::vector<config_entry> all;
  DOCTEUR_CHECK(visit_config(text, config_origin::file, [&](config_entry e) { all.push_back(std::move(e)); }));
  return all;
}

std::optional<config_key> key_in(std::string_view section, std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (!name.starts_with(section) || dot == std::string_view::npos || dot <= section.size() ||
      name[section.size()] != '.')
    return std::nullopt;
  return config_key{name.substr(section.size() + 1, dot - section.size() - 1), name.substr(dot + 1)};
}

bool is_true(const std::optional<std::string>& value) {
  if (!value) return true;
  std::string word;
  for (const char c : *value) word += lower(c);
  if (word == "true" || word == "yes" || word == "on") return true;
  return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos &&
         word.find_first_not_of('0') != std::string::npos;
}

}  // namespace docteur
