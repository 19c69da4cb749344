#pragma once
// Which encoding content names itself, or shows, at its beginning.

#include <cstddef>

#include "object/bytes.hpp"

namespace docteur::cache_vm {

struct text_signs {
  bool looked = false;   // else nothing is known
  bool foreign = false;  // begins with a byte order mark, or is no UTF-8
  bool html = false;     // <meta charset=...>, or with http-equiv
  bool xml = false;      // <?xml ... encoding=...?>
  bool css = false;      // @charset "..."
};

// So much of the content is looked at, as browsers do (HTML Standard, "prescan a byte stream to determine its
// encoding").
inline constexpr std::size_t kSignsFront = 1024;

// `front`: of the content, from its beginning, kSignsFront bytes or all there are; more are not looked at.
[[nodiscard]] text_signs look_for_signs(bytes front) noexcept;

}  // namespace docteur::cache_vm
