#pragma once
// The list section: hashes of all files of the image's commit, and a signature of their root. doc/FORMAT.md, "List
// section"; what is hashed and signed is in proof/file_list.hpp. Guest-safe. All integers little-endian.
//
//   0    u32 files, not 0
//   4    u8 kind of the signature, 1 ssh or 2 OpenPGP; 3 bytes zero
//   8    u32 bytes of the signature, 1 to kMostSignature
//   12   u32 zero
//   16   u64 date: seconds since 1970, in the statement
//   24   root, 32 bytes
//   56   nodes of every fourth level, 32 bytes each: all leaves, then each node over 16 of the level before, as long as
//        the level before has more than 16
//   ...  the signature

#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint64_t kListHead = 56;
inline constexpr std::uint64_t kListNode = 32;         // bytes
inline constexpr std::uint64_t kListFanOut = 16;       // nodes of a stored level below one of the next
inline constexpr std::uint64_t kMostSignature = 8192;  // bytes

struct list_head {
  std::uint32_t files = 0;
  std::uint8_t signature_kind = 0;
  std::uint32_t signature_size = 0;  // bytes
  std::uint64_t date = 0;
  oid root;

  // Nodes of all stored levels.
  [[nodiscard]] constexpr std::uint64_t nodes() const noexcept {
    std::uint64_t all = files;
    for (std::uint64_t level = files; level > kListFanOut; all += level) level = next_level(level);
    return all;
  }
  // Where the signature begins.
  [[nodiscard]] constexpr std::uint64_t signature_at() const noexcept { return kListHead + kListNode * nodes(); }
  // Bytes of the whole section.
  [[nodiscard]] constexpr std::uint64_t size() const noexcept { return signature_at() + signature_size; }
  // Nodes of the stored level above one of `count` nodes.
  [[nodiscard]] static constexpr std::uint64_t next_level(std::uint64_t count) noexcept {
    return (count + kListFanOut - 1) / kListFanOut;
  }
};

// `raw`: the section's first kListHead bytes. `length`: of the section, `at`: its offset in the image, for messages.
// Errors: malformed.
[[nodiscard]] inline result<list_head> decode_list_head(bytes raw, std::uint64_t length, std::uint64_t at) noexcept {
  const std::byte* const p = raw.data();
  const list_head h{load_le<std::uint32_t>(p), std::to_integer<std::uint8_t>(p[4]), load_le<std::uint32_t>(p + 8),
                    load_le<std::uint64_t>(p + 16), oid::from(p + 24, hash_kind::sha256)};
  if (h.files == 0) return fail(errc::malformed, at, "a list of no files");
  if (h.signature_kind < 1 || h.signature_kind > 2)
    return fail(errc::malformed, at + 4, "unknown kind of signature in the list section");
  if (p[5] != std::byte{0} || p[6] != std::byte{0} || p[7] != std::byte{0} || load_le<std::uint32_t>(p + 12) != 0)
    return fail(errc::malformed, at, "reserved bytes of the list section are not zero");
  if (h.signature_size == 0 || h.signature_size > kMostSignature || length != h.size())
    return fail(errc::malformed, at, "length of the list section");
  return h;
}

// `to`: kListHead bytes.
inline void encode_list_head(std::byte* to, const list_head& h) noexcept {
  store_le(to, h.files);
  store_le(to + 4, std::uint32_t{h.signature_kind});
  store_le(to + 8, h.signature_size);
  store_le(to + 12, std::uint32_t{0});
  store_le(to + 16, h.date);
  std::memcpy(to + 24, h.root.view().data(), kListNode);
}

}  // namespace docteur
