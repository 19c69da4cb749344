#pragma once
// The entries of an image's PACK without their zlib streams: from IDX and the entry section of an image of which
// nothing else is here. Hosted.

#include <cstdint>
#include <vector>

#include "layout/section_table.hpp"
#include "object/device.hpp"
#include "object/failure.hpp"
#include "pack/entry.hpp"

namespace docteur {

// A zlib stream of a PACK.
struct entry_stream {
  std::uint64_t at;    // in the image
  std::uint64_t size;  // bytes
  std::uint32_t crc;   // CRC-32, which IDX claims
};

// Where the parts of an image are, as its header and its section table say.
struct image_frame {
  hash_kind kind = hash_kind::sha1;
  std::uint64_t idx_offset = 0;
  std::uint64_t pack_end = 0;  // PACK offset of the trailer; without a table an upper bound
  bool has_table = false;
  section_table table;  // if has_table

  // Errors: those of decode_image_header() and decode_section_table(); the device's.
  [[nodiscard]] static result<image_frame> read(const device& from) noexcept;
};

// Returns the CRC-32 of what follows `head` in an entry whose CRC-32 is `whole`. `rest`: bytes that follow.
[[nodiscard]] std::uint32_t crc_without_head(std::uint32_t whole, bytes head, std::uint64_t rest);

class entry_table {
 public:
  // Reads IDX and the entry section of the image on a device, which may lack everything else. Memory: 61 bytes for each
  // object, and IDX meanwhile. The inner error is a fault of the image, or not_found if it has no entry section. Fails
  // (blame::environment) if the device cannot be read.
  [[nodiscard]] static outcome<result<entry_table>> load(const device& from, const image_frame& frame);

  [[nodiscard]] std::size_t count() const noexcept { return outlines_.size(); }
  [[nodiscard]] const oid& id(std::size_t i) const noexcept { return ids_[i]; }
  [[nodiscard]] const entry_outline& outline(std::size_t i) const noexcept { return outlines_[i]; }
  // In the image. `i` up to count(), which is the trailer.
  [[nodiscard]] std::uint64_t at(std::size_t i) const noexcept;
  // The bytes of entry `i` before its stream.
  [[nodiscard]] encoded_entry_header header(std::size_t i) const noexcept;
  [[nodiscard]] entry_stream stream(std::size_t i) const noexcept;
  // The entry that byte `at` of the image belongs to; at(0) <= at < at(count()).
  [[nodiscard]] std::size_t find(std::uint64_t at) const noexcept;

 private:
  std::vector<std::uint64_t> offsets_;  // of the entries and the trailer, from the start of the PACK
  std::vector<entry_outline> outlines_;
  std::vector<std::uint32_t> crcs_;  // of the streams
  std::vector<oid> ids_;
};

}  // namespace docteur
