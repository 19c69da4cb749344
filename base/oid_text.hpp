#pragma once
// Ids as text. Hosted.

#include <string>

#include "object/oid.hpp"

namespace docteur {

// 40 lower-case hexadecimal digits.
[[nodiscard]] inline std::string hex_text(const oid& id) {
  const oid_hex hex = to_hex(id);
  return {hex.data(), hex.size()};
}

}  // namespace docteur
