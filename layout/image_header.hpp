#pragma once
// The 28 bytes in front of an image: doc/FORMAT.md, "Header". Guest-safe.

#include <algorithm>
#include <array>
#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"
#include "pack/format.hpp"

namespace docteur {

// Absolute byte offsets in the image.
inline constexpr std::uint64_t kHeaderCommit = 0;      // 20 bytes, raw SHA-1, or zeros
inline constexpr std::uint64_t kHeaderIdxOffset = 20;  // u64, little-endian
inline constexpr std::uint64_t kHeaderSize = 28;
inline constexpr std::uint64_t kPackOffset = 28;  // PACK begins right after the header

struct image_header {
  oid commit;                // a SHA-1; null in an image of SHA-256, whose section table has the id
  std::uint64_t idx_offset;  // bytes from the start of the image; PACK header and trailer fit before it
};

using image_header_bytes = std::array<std::byte, kHeaderSize>;

// Errors: truncated if `head` is shorter than the header, or the device ends before the place of IDX; out_of_range if
// the IDX offset leaves no room for the PACK.
[[nodiscard]] constexpr result<image_header> decode_image_header(bytes head, std::uint64_t device_size) noexcept {
  if (head.size() < kHeaderSize) return fail(errc::truncated, 0, "shorter than an image header");
  image_header h{};
  std::ranges::copy(head.first(h.commit.view().size()), h.commit.view().begin());
  h.idx_offset = load_le<std::uint64_t>(head.data() + kHeaderIdxOffset);
  if (h.idx_offset < kPackOffset + kLeastPackSize)
    return fail(errc::out_of_range, kHeaderIdxOffset, "IDX offset leaves no room for the PACK");
  if (h.idx_offset >= device_size)
    return fail(errc::truncated, kHeaderIdxOffset, "IDX offset is past the end of the device");
  return h;
}

[[nodiscard]] constexpr image_header_bytes encode_image_header(const image_header& h) noexcept {
  image_header_bytes out{};
  std::ranges::copy(h.commit.view(), out.begin());
  store_le(out.data() + kHeaderIdxOffset, h.idx_offset);
  return out;
}

}  // namespace docteur
