#pragma once
// Content that is read piece by piece. Hosted, because its failures own memory.

#include <cstddef>

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

// Content that is too large to hold in memory, read forward once.
class byte_stream {
 public:
  virtual ~byte_stream() = default;
  // Fills up to out.size() (> 0) bytes; returns the number of bytes, 0 only at the end.
  virtual outcome<std::size_t> read(mutable_bytes out) = 0;
};

}  // namespace docteur
