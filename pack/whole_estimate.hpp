#pragma once
// About what an object takes in a PACK when it is no delta. One estimator per thread. Hosted.

#include <cstdint>

#include "object/bytes.hpp"
#include "pack/compressor.hpp"
#include "pack/deflate_estimate.hpp"

namespace docteur {

struct whole_estimate {
  std::uint64_t stream_size = 0;  // bytes of its zlib stream; exact if `stored`
  bool stored = false;            // deflate saves so little that compressor::compress() stores it
};

class whole_estimator {
 public:
  // Where the estimate says that deflate saves less than one byte in four, the content is deflated, quickly, to decide
  // whether it is better stored.
  [[nodiscard]] whole_estimate of(bytes content);

 private:
  compressor quick_{1};
  deflate_estimator estimate_;
};

}  // namespace docteur
