#pragma once
// The digest section: the SHA-256 of each 64 KiB block of the image. doc/FORMAT.md, "Digest section". Guest-safe.
// Integers little-endian.
//
//   0    u64 bytes of the image
//   8    u64 offset of this section in the image
//   16   u32 block: 65,536
//   20   u32 zero
//   24   blocks * 32 bytes: the SHA-256 of each block; the last one is shorter
//   ...  u32 CRC-32 of all bytes before
//
// For these digests the bytes of the section itself count as zeros. The CRC at the end makes the CRC-32 of the whole
// section a constant, so that the section table, which has it, does not depend on the digests, either. The SHA-256 of
// the section is the digest of the image: the one value that every byte of it follows from.

#include <cstdint>

#include "layout/section_table.hpp"
#include "object/bytes.hpp"
#include "object/device.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint64_t kDigestBlock = 64 << 10;                 // bytes
inline constexpr std::uint64_t kDigestSize = 32;                        // bytes of a SHA-256
inline constexpr std::uint64_t kDigestHeader = 24;                      // bytes before the first digest
inline constexpr std::uint32_t kDigestSectionCrc = 0x2144df1c;          // of any bytes followed by their CRC-32
inline constexpr std::uint64_t kMostDigested = std::uint64_t{1} << 40;  // bytes; its section has 512 MiB

[[nodiscard]] constexpr std::uint64_t digest_blocks(std::uint64_t image_size) noexcept {
  return image_size / kDigestBlock + (image_size % kDigestBlock != 0 ? 1 : 0);
}
// Bytes of the section of such an image.
[[nodiscard]] constexpr std::uint64_t digest_section_size(std::uint64_t image_size) noexcept {
  return kDigestHeader + digest_blocks(image_size) * kDigestSize + sizeof(std::uint32_t);
}

// The entry of the digest section in the section table of the image on a device. Errors:
// not_found if there is none; those of decode_image_header() and decode_section_table(); truncated; the device's.
[[nodiscard]] result<section> find_digest_section(const device& from) noexcept;

struct digest_head {
  std::uint64_t image_size;  // bytes
  std::uint64_t offset;      // of the section in the image
};

// Checks the section's first kDigestHeader bytes against its place: `at` and `length` in bytes. The caller compares
// the image's size with the device's. Errors: malformed, too_large (over kMostDigested).
[[nodiscard]] result<digest_head> decode_digest_head(bytes head, std::uint64_t at, std::uint64_t length) noexcept;

// Writes all but the digests, which are in their place. `section`: digest_section_size(head.image_size) bytes.
void seal_digest_section(mutable_bytes section, const digest_head& head) noexcept;

// Returns the SHA-256 of `block`, which is at byte `at` of the image, with the bytes of the section as zeros.
// `head`: of a section of digest_section_size(head.image_size) bytes.
[[nodiscard]] oid block_digest(bytes block, std::uint64_t at, const digest_head& head) noexcept;

// A checked section in memory that belongs to the caller.
class digest_view {
 public:
  // `section`: all of it; `at`: its offset in the image. Errors: truncated, malformed, too_large, bad_checksum.
  [[nodiscard]] static result<digest_view> decode(bytes section, std::uint64_t at) noexcept;

  [[nodiscard]] const digest_head& head() const noexcept { return head_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return digest_blocks(head_.image_size); }
  // Bytes of block number `i`, which is below count().
  [[nodiscard]] std::uint64_t size(std::uint64_t i) const noexcept;
  // The SHA-256 that block number `i` must have, as block_digest() returns it: kDigestSize bytes.
  [[nodiscard]] bytes digest(std::uint64_t i) const noexcept;
  // Whether `block` is block number `i` of the image: size(i) bytes with that digest, those of the section included.
  [[nodiscard]] bool matches(std::uint64_t i, bytes block) const noexcept;

 private:
  digest_view(bytes section, const digest_head& head) noexcept : section_(section), head_(head) {}
  bytes section_;
  digest_head head_;
};

}  // namespace docteur
