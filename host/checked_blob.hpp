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
  // Where the pieces go, in order. A failure ends the reading and becomes its failure.
  using taker = std::function<outcome<void>(bytes piece)>;

  // Reads the file or link `n` of the image that `from` reads. A file that fits in memory (limits::streamed_blob) is
  // one piece, and was compared with its id before it is given away. A larger one is compared as it passes: whoever
  // took its pieces must throw them away when this fails with "content does not match its id". `subject`: for
  // messages, as describe() takes it.
  [[nodiscard]] outcome<void> read(image_reader& from, const node& n, const std::string& subject, const taker& take);

 private:
  std::vector<std::byte> buffer_;  // kept for the next file
};

}  // namespace docteur
