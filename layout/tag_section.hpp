#pragma once
// The tag section: the annotated tags through which the image's commit was selected. doc/FORMAT.md, "Tag section".
// Guest-safe. Integers little-endian.
//
//   0   u32 tags, 1 to kMostTags
//   4   u32 zero
//   8   tags * (20 bytes, or 32 of SHA-256): ids of tag objects in the PACK; each names the next, the last one the
//   commit

#include <cstdint>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint64_t kTagSectionHeader = 8;
inline constexpr std::uint32_t kMostTags = 64;  // a tag of a tag of a tag ...

// Returns the number of ids that follow. `head`: the section's first kTagSectionHeader bytes. `length`: of the whole
// section, in bytes. `at`: of the section in the image, for messages. Errors: malformed.
[[nodiscard]] constexpr result<std::uint32_t> decode_tag_section_head(bytes head, std::uint64_t length,
                                                                      std::uint64_t at, hash_kind kind) noexcept {
  const auto count = load_le<std::uint32_t>(head.data());
  if (count == 0 || count > kMostTags) return fail(errc::malformed, at, "number of tags");
  if (load_le<std::uint32_t>(head.data() + 4) != 0)
    return fail(errc::malformed, at + 4, "reserved bytes of the tag section are not zero");
  if (length != kTagSectionHeader + std::uint64_t{count} * id_size(kind))
    return fail(errc::malformed, at, "length of the tag section");
  return count;
}

}  // namespace docteur
