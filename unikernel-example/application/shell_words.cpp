#include "unikernel-example/application/shell_words.hpp"

#include <array>
#include <cstdio>

namespace docteur::cache_vm {

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      if (!in_word) words.emplace_back();
      in_word = true;
    } else if (!quoted && (c == ' ' || c == '\t')) {
      in_word = false;
    } else {
      if (!in_word) words.emplace_back();
      in_word = true;
      words.back() += c;
    }
  }
  return words;
}

std::string duration_text(std::uint64_t ns) {
  const std::uint64_t s = ns / 1'000'000'000;
  std::array<char, 64> out;
  std::snprintf(out.data(), out.size(), "%llu days %02llu:%02llu:%02llu", static_cast<unsigned long long>(s / 86400),
                static_cast<unsigned long long>(s / 3600 % 24), static_cast<unsigned long long>(s / 60 % 60),
                static_cast<unsigned long long>(s % 60));
  return out.data();
}

}  // namespace docteur::cache_vm
