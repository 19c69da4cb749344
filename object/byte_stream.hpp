#pragma once
// Where content comes from, piece by piece. Hosted, since what it fails with owns memory.

#include <cstddef>

#include "object/bytes.hpp"
#include "object/failure.hpp"

namespace docteur {

// Content that is too large to hold, read forward once.
class byte_stream {
 public:
  virtual ~byte_stream() = default;
  // Fills up to out.size() (> 0) bytes; returns how many, 0 only at the end.
  virtual outcome<std::size_t> read(mutable_bytes out) = 0;
};

}  // namespace docteur
