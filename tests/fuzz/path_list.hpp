#pragma once
// A path section, or a list of changes to one, made of fuzzer input.

#include <algorithm>

#include "layout/path_section.hpp"
#include "object/oid.hpp"
#include "support/image_maker.hpp"

namespace docteur {

inline constexpr std::size_t kPathListHead = 5;  // bytes of input, at least

// Input: u8 paths, u8 submodules, u8 position size, u16 bytes of records (little-endian); records and text; positions;
// submodules. The block is deflated and the checksum computed here; otherwise only their checks would be tested.
[[nodiscard]] inline buffer path_list_of(bytes in) {
  const std::uint32_t paths = load_le<std::uint8_t>(in.data());
  const std::uint32_t submodules = load_le<std::uint8_t>(in.data() + 1);
  const std::uint32_t position = load_le<std::uint8_t>(in.data() + 2);
  const std::uint32_t records = load_le<std::uint16_t>(in.data() + 3);
  in = in.subspan(kPathListHead);
  const bytes raw = in.first(in.size() - std::min(in.size(), paths * position + submodules * id_size(hash_kind::sha1)));
  const buffer packed = deflated(raw, 1);
  buffer out(kPathSectionHeader + kPathBlockHeader);
  store_le(out.data(), paths);
  store_le(out.data() + 4, submodules);
  store_le(out.data() + 8, position);
  encode_path_block(out.data() + kPathSectionHeader, {paths, static_cast<std::uint32_t>(packed.size()),
                                                      static_cast<std::uint32_t>(raw.size()), records});
  append(out, packed);
  append(out, in.subspan(raw.size()));
  return out;
}

}  // namespace docteur
