#pragma once
// Turns the reader's errors into messages for the user. Hosted.

#include <string>

#include "object/failure.hpp"
#include "object/result.hpp"

namespace docteur {

// "app.img: bad checksum at 0x1f4c: IDX belongs to another PACK". `subject`: the image, or "IMAGE: PATH" if the
// error concerns a path; printable. The blame is `environment` for I/O errors and lack of memory, else `input`.
[[nodiscard]] failure describe(const error& e, const std::string& subject);

}  // namespace docteur
