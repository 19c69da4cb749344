#pragma once
// The words of a line that was typed, and of its answer.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

// Splits at spaces and tabs; double quotes keep a word with spaces together.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);

// "2 days 03:04:05"
[[nodiscard]] std::string duration_text(std::uint64_t ns);

}  // namespace docteur::cache_vm
