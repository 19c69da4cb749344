#pragma once
// Text that nobody has used before. Hosted.

#include <array>
#include <cstdio>
#include <random>
#include <string>

namespace docteur {

// 16 hexadecimal digits.
[[nodiscard]] inline std::string random_text() {
  std::random_device random;
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", random(), random());
  return text.data();
}

}  // namespace docteur
