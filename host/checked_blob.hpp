#pragma once
// The whole content of a file of an image, piece by piece, compared with its id. Hosted.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "object/failure.hpp"
#include "reader/image_reader.hpp"

namespace docteur {

class checked_blob {
 public:
  // Receives the pieces in order. If it fails, reading ends with the same failure.
  using taker = std::function<outcome<void>(bytes piece)>;

  // Reads the file or link `n` of the image that `from` reads. A file smaller than limits::streamed_blob is one
  // piece, and is compared with its id before it is passed on. A larger file is compared while its pieces are passed
  // on: if this fails with "content does not match its id", the caller must discard the pieces. `subject`: for
  // messages, as for describe().
  [[nodiscard]] outcome<void> read(image_reader& from, const node& n, const std::string& subject, const taker& take);

 private:
  std::vector<std::byte> buffer_;  // kept for the next file
};

}  // namespace docteur
