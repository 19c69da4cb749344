#pragma once
// What is known about each entry of the PACK during verification. Hosted.

#include <cstdint>
#include <vector>

#include "layout/image_header.hpp"
#include "object/oid.hpp"
#include "pack/entry.hpp"

namespace docteur {

inline constexpr std::uint32_t kNoEntry = 0xffffffff;

enum class entry_state : std::uint8_t {
  pending,  // not rebuilt: the base of the delta is not known, or not yet
  whole,    // its object was rebuilt and hashed
  damaged,  // a fault was reported
};

struct pack_entry {
  std::uint64_t offset = 0;           // from the start of the PACK
  std::uint64_t end = 0;              // where the next entry, or the trailer, begins
  std::uint64_t size = 0;             // bytes that its stream inflates to, by its header
  std::uint32_t crc = 0;              // computed
  std::uint32_t base = kNoEntry;      // index in scanned_pack::entries; of a REF delta, by IDX, which is not trusted
  std::uint32_t position = kNoEntry;  // in IDX, of the object that it has at this offset
  std::uint8_t header_size = 0;
  entry_type type = entry_type::blob;
  object_type object = object_type::blob;
  entry_state state = entry_state::pending;
  bool has_id = false;
  oid id;  // computed; only if has_id

  [[nodiscard]] std::uint64_t at() const noexcept { return kPackOffset + offset; }  // in the image
  [[nodiscard]] std::uint64_t stream_at() const noexcept { return at() + header_size; }
  [[nodiscard]] std::uint64_t end_at() const noexcept { return kPackOffset + end; }
};

// A REF delta.
struct ref_delta {
  oid base;
  std::uint32_t entry;  // index in scanned_pack::entries
};

struct scanned_pack {
  std::vector<pack_entry> entries;  // by offset
  std::vector<ref_delta> refs;      // by base
  oid checksum;                     // computed
};

}  // namespace docteur
