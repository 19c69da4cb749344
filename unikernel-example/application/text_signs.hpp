#pragma once
// Signs of an encoding at the beginning of content.

#include <cstddef>

#include "object/bytes.hpp"

namespace docteur::cache_vm {

struct text_signs {
  bool looked = false;   // false: unknown, and the others mean nothing
  bool foreign = false;  // begins with a byte order mark, or is not UTF-8
  bool html = false;     // <meta charset=...>, or with http-equiv
  bool xml = false;      // <?xml ... encoding=...?>
  bool css = false;      // @charset "..."
};

// Bytes of content that are examined, as browsers do (HTML Standard, "prescan a byte stream to determine its
// encoding").
inline constexpr std::size_t kSignsFront = 1024;

// `front`: the beginning of the content, at least kSignsFront bytes or all of it; further bytes are ignored.
[[nodiscard]] text_signs look_for_signs(bytes front) noexcept;

}  // namespace docteur::cache_vm
