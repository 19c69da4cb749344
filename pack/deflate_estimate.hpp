#pragma once
// How small deflate makes something, without deflating it. Hosted; one object per thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "object/bytes.hpp"

namespace docteur {

class deflate_estimator {
 public:
  // Bytes of the zlib stream (RFC 1950) that a thorough deflate makes of `data` (libdeflate's level 9), about, in a
  // third of the time of libdeflate's quickest level. Integers only: the same on every machine.
  //
  // A greedy parse (RFC 1951, section 4) with one earlier place for each hash of four bytes; literals and matches cost
  // their entropy, and the tables of a block what they take.
  [[nodiscard]] std::size_t stream_size(bytes data);

 private:
  static constexpr unsigned kHashBits = 11;
  std::array<std::uint32_t, std::size_t{1} << kHashBits> places_;  // by hash: 1 + where it was last, or 0
};

}  // namespace docteur
