#pragma once
// What a gzip member (RFC 1952) holds.

#include <libdeflate.h>

#include <memory>
#include <string>
#include <string_view>

namespace docteur {

// Its CRC-32 and its size are compared. "not a gzip member" when it is none, or holds another number of bytes than
// `size`, or something follows it.
inline std::string gunzip(std::string_view member, std::size_t size) {
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> inflate(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::string out(size, '\0');
  std::size_t taken = 0, made = 0;
  const auto how =
      libdeflate_gzip_decompress_ex(inflate.get(), member.data(), member.size(), out.data(), out.size(), &taken, &made);
  return how == LIBDEFLATE_SUCCESS && taken == member.size() && made == size ? out : "not a gzip member";
}

}  // namespace docteur
