#pragma once
// Bytes with a digest section in the middle, as doc/FORMAT.md defines it; computed here without the code under test,
// but for SHA-256 itself.

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "object/bytes.hpp"
#include "object/sha256.hpp"

namespace docteur {

// Returns the digest section of `image` at offset `at`; what `image` has in its place is ignored.
inline std::vector<std::byte> section_for(std::vector<std::byte> image, std::uint64_t at) {
  const std::size_t blocks = (image.size() + 65535) / 65536;
  std::vector<std::byte> section(24 + 32 * blocks + 4);
  store_le(section.data(), std::uint64_t{image.size()});
  store_le(section.data() + 8, at);
  store_le(section.data() + 16, std::uint32_t{65536});
  std::fill_n(image.begin() + static_cast<std::ptrdiff_t>(at), section.size(), std::byte{0});
  for (std::size_t i = 0; i < blocks; ++i) {
    const oid digest =
        sha256_of(bytes(image).subspan(i * 65536, std::min<std::size_t>(65536, image.size() - i * 65536)));
    std::ranges::copy(digest.view(), section.begin() + static_cast<std::ptrdiff_t>(24 + 32 * i));
  }
  const std::size_t end = section.size() - 4;
  store_le(section.data() + end, static_cast<std::uint32_t>(
                                     crc32(0, reinterpret_cast<const Bytef*>(section.data()), static_cast<uInt>(end))));
  return section;
}

}  // namespace docteur
