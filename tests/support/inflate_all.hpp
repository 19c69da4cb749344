#pragma once
// Inflates a deflate stream with zlib, and describes its blocks. Tests only.

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <string>

#include "object/bytes.hpp"

namespace docteur {

struct inflated {
  std::string content;
  std::size_t longest_stored = 0;
  bool ended = false;   // the final block was read
  bool at_byte = true;  // the last block ends at a byte boundary
};

// Inflates raw deflate blocks until `in` is used up.
inline inflated inflate_all(bytes in) {
  inflated got;
  got.content.resize(1 << 20);
  z_stream z{};
  EXPECT_EQ(inflateInit2(&z, -15), Z_OK);
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(got.content.data());
  z.avail_out = static_cast<uInt>(got.content.size());
  std::size_t bit = 0, before = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    status = inflate(&z, Z_BLOCK);
    if ((z.data_type & 128) == 0) continue;
    const std::size_t type = (std::to_integer<std::size_t>(in[bit / 8]) |
                              (bit / 8 + 1 < in.size() ? std::to_integer<std::size_t>(in[bit / 8 + 1]) << 8 : 0)) >>
                                 (bit % 8 + 1) &
                             3;
    if (type == 0) got.longest_stored = std::max(got.longest_stored, z.total_out - before);
    const auto unused = static_cast<std::size_t>(z.data_type & 7);
    bit = 8 * z.total_in - unused;
    before = z.total_out;
    got.at_byte = unused == 0;
    if (z.avail_in == 0 && (z.data_type & 64) == 0) break;
  }
  EXPECT_TRUE(status == Z_OK || status == Z_STREAM_END) << status;
  EXPECT_EQ(z.avail_in, 0u);
  got.ended = status == Z_STREAM_END;
  got.content.resize(z.total_out);
  inflateEnd(&z);
  return got;
}

}  // namespace docteur
