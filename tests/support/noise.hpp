#pragma once
// Content that does not compress. Tests only.

#include <cstddef>
#include <random>
#include <string>

namespace docteur {

// The same bytes for the same size.
inline std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace docteur
