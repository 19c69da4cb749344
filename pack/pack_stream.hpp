#pragma once
// The PACK as it grows: header, entries, trailer (`git help gitformat-pack`); keeps each entry's offset and CRC-32 for
// IDX. Hosted; one thread at a time.

#include <cstdint>
#include <vector>

#include "object/byte_sink.hpp"
#include "object/idx_entry.hpp"
#include "object/sha1.hpp"
#include "pack/entry.hpp"
#include "pack/object_source.hpp"

namespace docteur {

class pack_stream {
 public:
  pack_stream(byte_sink& out, std::uint32_t objects);

  // Bytes so far: where the next entry begins.
  [[nodiscard]] std::uint64_t position() const { return position_; }

  // An entry is begun with its header, given its zlib stream, and ended. Of a whole object:
  [[nodiscard]] outcome<void> begin_entry(const source_object& object);
  // Of a delta of `size` bytes whose base's entry is at `base_offset`:
  [[nodiscard]] outcome<void> begin_delta(const source_object& object, std::uint64_t size, std::uint64_t base_offset);
  [[nodiscard]] outcome<void> write(bytes data);
  void end_entry();

  // Writes the trailer and hands all to the sink; returns the PACK's checksum.
  [[nodiscard]] outcome<oid> finish();
  [[nodiscard]] std::vector<idx_entry> take_entries() { return std::move(entries_); }

 private:
  [[nodiscard]] outcome<void> begin(const oid& id, const entry_header& header);
  [[nodiscard]] outcome<void> flush();

  byte_sink& out_;
  sha1 hash_;
  std::uint64_t position_ = 0;
  std::uint32_t crc_ = 0;
  std::vector<std::byte> held_;
  std::vector<idx_entry> entries_;
};

}  // namespace docteur
