#include "remote/auth_challenge.hpp"

#include <optional>

namespace docteur {
namespace {

constexpr std::size_t kMostField = 16 << 10;  // characters

bool is_token(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

// Reads the field from left to right.
class scanner {
 public:
  explicit scanner(std::string_view text) : rest_(text) {}

  void skip(std::string_view which) { rest_.remove_prefix(std::min(rest_.find_first_not_of(which), rest_.size())); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string word() {
    std::string found;
    for (; !rest_.empty() && is_token(rest_.front()); rest_.remove_prefix(1)) {
      const char c = rest_.front();
      found += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return found;
  }
  std::optional<std::string> value() {
    std::string found;
    if (!take('"')) {
      for (; !rest_.empty() && is_token(rest_.front()); rest_.remove_prefix(1)) found += rest_.front();
      return found.empty() ? std::nullopt : std::optional(found);
    }
    while (!rest_.empty() && !take('"')) {
      if (take('\\') && rest_.empty()) return std::nullopt;
      const char c = rest_.front();
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
      found += c;
      rest_.remove_prefix(1);
      if (rest_.empty()) return std::nullopt;  // no closing quote
    }
    return found;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::vector<auth_challenge> parse_challenges(std::string_view value) {
  std::vector<auth_challenge> all;
  if (value.size() > kMostField) return all;
  scanner s(value);
  while (true) {
    s.skip(" \t,");
    if (s.at_end()) return all;
    std::string name = s.word();
    if (name.empty()) return all;
    s.skip(" \t");
    if (!s.take('=')) {
      all.push_back({std::move(name), {}});
      continue;
    }
    s.skip(" \t");
    auto is = s.value();
    if (!is || all.empty()) return all;
    all.back().parameters.emplace(std::move(name), std::move(*is));
  }
}

}  // namespace docteur
