#pragma once
// What the reader found wrong, as a sentence for a person. Hosted.

#include <string>

#include "object/failure.hpp"
#include "object/result.hpp"

namespace docteur {

// "app.img: bad checksum at 0x1f4c: IDX belongs to another PACK". `subject`: the image, or "IMAGE: PATH" where a path
// is meant; printable. The blame is the environment's for I/O errors and lack of memory, else the input's.
[[nodiscard]] failure describe(const error& e, const std::string& subject);

}  // namespace docteur
