#pragma once
// The origin section: what an image depends on that was made from an older one. doc/FORMAT.md, "Origin section".
// Guest-safe. All integers little-endian.
//
//   0    32 bytes: digest of the image that it was made from
//   32   u32 steps since an image was made anew, at least 1
//   36   u32 zero
//   40   u64 bytes of the PACK of the image that was made anew
//   48   u64 bytes of content of its objects
//   56   the options, as they are given to docteur-make: printable ASCII, 1 to kMostOriginOptions bytes

#include <array>
#include <cstdint>
#include <string_view>

#include "object/bytes.hpp"
#include "object/oid.hpp"

namespace docteur {

inline constexpr std::uint64_t kOriginHead = 56;
inline constexpr std::uint64_t kMostOriginOptions = 1024;  // bytes

struct image_origin {
  oid digest;  // of SHA-256
  std::uint32_t steps = 1;
  std::uint64_t first_pack = 0;     // bytes of the PACK of the image that was made anew
  std::uint64_t first_content = 0;  // bytes of content of its objects
  std::string_view options;
};

// `raw`: the whole section; the options are a view of it. `at`: of the section in the image, for messages. Errors:
// malformed.
[[nodiscard]] inline result<image_origin> decode_origin(bytes raw, std::uint64_t at) noexcept {
  if (raw.size() <= kOriginHead || raw.size() - kOriginHead > kMostOriginOptions)
    return fail(errc::malformed, at, "length of the origin section");
  const image_origin o{oid::from(raw.data(), hash_kind::sha256), load_le<std::uint32_t>(raw.data() + 32),
                       load_le<std::uint64_t>(raw.data() + 40), load_le<std::uint64_t>(raw.data() + 48),
                       as_text(raw.subspan(kOriginHead))};
  if (o.steps == 0) return fail(errc::malformed, at + 32, "an origin of no steps");
  if (load_le<std::uint32_t>(raw.data() + 36) != 0)
    return fail(errc::malformed, at + 36, "reserved bytes of the origin section are not zero");
  for (const char c : o.options)
    if (c < ' ' || c > '~') return fail(errc::malformed, at + kOriginHead, "options of the origin section");
  return o;
}

using origin_head = std::array<std::byte, kOriginHead>;

// The bytes before the options.
[[nodiscard]] inline origin_head encode_origin_head(const image_origin& o) noexcept {
  origin_head raw{};
  const bytes id = o.digest.view();
  for (std::size_t i = 0; i < id.size(); ++i) raw[i] = id[i];
  store_le(raw.data() + 32, o.steps);
  store_le(raw.data() + 40, o.first_pack);
  store_le(raw.data() + 48, o.first_content);
  return raw;
}

}  // namespace docteur
