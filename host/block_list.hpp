#pragma once
// A list of what was read of an image, in the order of first use, to be fetched before it is needed another time.
// doc/CACHE.md, "Lists of blocks". Hosted.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "object/failure.hpp"
#include "object/oid.hpp"
#include "reader/image.hpp"

namespace docteur {

inline constexpr std::uint64_t kListedBlock = 64 << 10;  // bytes

// Neighbouring blocks.
struct block_run {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// The content that a list is of, wherever it lies.
struct listed_image {
  oid commit;
  oid pack;                // the checksum of its PACK
  std::uint64_t size = 0;  // bytes of the device
  friend bool operator==(const listed_image&, const listed_image&) = default;
};
// Errors: the device's.
[[nodiscard]] result<listed_image> listed_image_of(const image& attached);

struct block_list {
  listed_image of;
  std::vector<block_run> blocks;
};

[[nodiscard]] std::string block_list_text(const block_list& list);
// Parses that. Fails (blame::input) with one line that begins with `shown` and a line number, also if a block is not in
// the image. Takes memory in proportion to the text.
[[nodiscard]] outcome<block_list> parse_block_list(std::string_view text, const std::string& shown);

// All blocks of a device of `size` bytes.
[[nodiscard]] inline std::vector<block_run> all_blocks(std::uint64_t size) {
  return {{0, size / kListedBlock + (size % kListedBlock != 0 ? 1 : 0)}};
}

}  // namespace docteur
