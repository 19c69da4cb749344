#pragma once
// The entries of an image's PACK in the order of the PACK. Hosted. Nothing of the image is trusted.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"
#include "pack/entry.hpp"
#include "reader/image.hpp"

namespace docteur {

inline constexpr std::uint32_t kNoPackEntry = 0xffffffff;

// Returns where the PACK's entries end and its trailer begins, in bytes from the start of the PACK. An image without a
// section table does not contain that number; there the trailer is searched for by the checksum that IDX repeats. If it
// is not found, everything up to IDX counts as part of the last entry. Errors: the device's.
[[nodiscard]] result<std::uint64_t> end_of_entries(const image& of);

struct pack_place {
  std::uint64_t offset = 0;           // of the entry, from the start of the PACK
  std::uint64_t end = 0;              // of its stream, likewise
  std::uint64_t size = 0;             // bytes that its stream inflates to
  std::uint32_t base = kNoPackEntry;  // of a delta: the entry that is its base, if it is there
  std::uint8_t header_size = 0;
  entry_type type = entry_type::blob;
  object_type object = object_type::blob;  // of the object, a delta's too

  [[nodiscard]] std::uint64_t stream_at() const noexcept { return offset + header_size; }
  [[nodiscard]] std::uint64_t stream_size() const noexcept { return end - stream_at(); }
};

struct pack_entries {
  hash_kind kind = hash_kind::sha1;
  oid commit;                    // of the image
  std::uint64_t pack_end = 0;    // where the trailer begins, from the start of the PACK
  std::uint64_t idx_offset = 0;  // in the image
  std::optional<section_table> sections;
  std::vector<pack_place> places;
  std::vector<oid> ids;              // by place
  std::vector<std::uint32_t> by_id;  // places in the order of their ids

  // The place of the object with this id, or kNoPackEntry.
  [[nodiscard]] std::uint32_t find(const oid& id) const;
};

// `shown`: the image's name, for messages. Fails with blame::input if it is no image that can be read, with
// blame::environment if the device cannot be read.
[[nodiscard]] outcome<pack_entries> load_pack_entries(const device& from, const std::string& shown);

// Gives each place the type of its object, from the end of its chain; a chain without an end keeps blob.
void resolve_object_types(std::vector<pack_place>& places);

}  // namespace docteur
