#pragma once
// Where writers put their bytes, in order. Hosted.

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

class byte_sink {
 public:
  virtual ~byte_sink() = default;
  // Takes all of `data` or fails. Called from one thread at a time.
  [[nodiscard]] virtual outcome<void> write(bytes data) = 0;
};

}  // namespace docteur
