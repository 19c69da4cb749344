#pragma once
// The words of a line that was typed.

#include <string>
#include <string_view>
#include <vector>

namespace docteur::cache_vm {

// Splits at spaces and tabs; double quotes keep a word with spaces together.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);

}  // namespace docteur::cache_vm
